/*
 * octet-model.h - octet_is() without its table, which costs a solver most of
 * its time. octet.c, which is proved with the table, proves that this is the
 * same.
 */
#ifndef OCTET_MODEL_H
#define OCTET_MODEL_H

#define octet_is octet_is_by_table
#include "octet.h"
#undef octet_is

static inline bool
octet_is(unsigned char c, unsigned class)
{
	bool digit = c >= '0' && c <= '9';
	bool alpha = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
	bool mark = c == '-' || c == '_' || c == '.' || c == '!' ||
	    c == '~' || c == '*' || c == '\'';
	bool paren = c == '(' || c == ')';

	return ((class & OCTET_DIGIT) && digit) ||
	    ((class & OCTET_ALPHA) && alpha) ||
	    ((class & OCTET_TOKEN) && (digit || alpha || mark || c == '%' ||
	    c == '+' || c == '`')) ||
	    ((class & OCTET_UNRESERVED) && (digit || alpha || mark || paren)) ||
	    ((class & OCTET_USER) && (digit || alpha || mark || paren ||
	    c == '&' || c == '=' || c == '+' || c == '$' || c == ',' ||
	    c == ';' || c == '?' || c == '/' || c == '#')) ||
	    ((class & OCTET_PASSWORD) && (digit || alpha || mark || paren ||
	    c == '&' || c == '=' || c == '+' || c == '$' || c == ',')) ||
	    ((class & OCTET_PARAM) && (digit || alpha || mark || paren ||
	    c == '[' || c == ']' || c == '/' || c == ':' || c == '&' ||
	    c == '+' || c == '$' || c == ';' || c == '=')) ||
	    ((class & OCTET_HEX) && (digit || (c >= 'A' && c <= 'F') ||
	    (c >= 'a' && c <= 'f')));
}

#endif
