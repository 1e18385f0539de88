#include <stdio.h>
#include <string.h>

#include "labels.h"

void
labels_put(struct labels *labels, const char *text)
{
	size_t length = strlen(text);

	if (length >= sizeof(labels->text) - labels->length)
		return;
	memcpy(labels->text + labels->length, text, length + 1);
	labels->length += length;
}

void
labels_escape(struct labels *labels, const char *octets, size_t length)
{
	char text[sizeof("\\\\xHH")];
	unsigned char octet;
	size_t i;

	for (i = 0; i < length; i++) {
		octet = (unsigned char)octets[i];
		if (octet == '\\' || octet == '"')
			labels_put(labels, "\\");
		if (octet < 0x20 || octet > 0x7e)
			(void)snprintf(text, sizeof(text), "\\\\x%02X", octet);
		else
			memcpy(text, (char[]){ (char)octet, '\0' }, 2);
		labels_put(labels, text);
	}
}

void
labels_add(struct labels *labels, const char *name, const char *octets,
    size_t length)
{
	if (labels->length > 0)
		labels_put(labels, ",");
	labels_put(labels, name);
	labels_put(labels, "=\"");
	labels_escape(labels, octets, length);
	labels_put(labels, "\"");
}

bool
labels_are_sound(const char *at)
{
	size_t name;

	while (*at != '\0') {
		name = strspn(at, "abcdefghijklmnopqrstuvwxyz");
		at += name;
		if (name == 0 || strncmp(at, "=\"", 2) != 0)
			return false;
		for (at += 2; *at != '"'; at++) {
			if (*at == '\\' && (at[1] == '\\' || at[1] == '"'))
				at++;
			else if (*at < 0x20 || *at > 0x7e || *at == '\\')
				return false;
		}
		at++;
		if (at[0] == ',' && at[1] != '\0')
			at++;
		else if (at[0] != '\0')
			return false;
	}
	return true;
}
