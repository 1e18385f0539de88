# Every example, each at an address of its own and with the little that it has
# to be told: for make demo and make run.
# shellcheck shell=bash

# shellcheck source=../examples/serve.bash
. "${BASH_SOURCE[0]%/*}/../examples/serve.bash"

# stage HOST: install them at the addresses of HOST.
stage()
{
	local host=$1 mailbox

	example default.cgi
	example options "ping@$host"

	mkdir cgi-bin
	echo new.foo.com >cgi-bin/forwardfile
	example redirect "bryan@$host"

	cat >"$CONFIG/callers" <<-'END'
		*@friends.example  302 sip:me@192.0.2.7
		*@spam.example     607
		*                  603
	END
	example reject "me@$host"

	example lcr "+4930123456@$host"
	"$SCRIPTS/+4930123456@$host" load /dev/stdin >/dev/null <<-'END'
		49,far.carrier.example,0.020
		4930,two.carrier.example,0.010
		4930,one.carrier.example,0.005
	END

	example screen "carol@$host"
	"$SCRIPTS/carol@$host" target "carol@$host" sip:carol@192.0.2.8
	"$SCRIPTS/carol@$host" block @spam.example

	example domain "@$host"
	example registrar
	example locate
	"$SCRIPTS/registrar" add "bob@$host" <<<secret

	mailbox=$STATE_DIRECTORY/mail/inbox@$host
	mkdir -p "$mailbox/cur" "$mailbox/new" "$mailbox/tmp"
	example message "inbox@$host"
}
