# sipcgi-handler: build, test, install. GNU make.
#
#   make                  ./sipcgi-handler, static with musl where it is found
#   make CC=gcc STATIC=no an ordinary dynamic one
#   make demo             requests through a super-server, shown
#   make run              serve the examples until Ctrl-C, or the scripts of
#                         DIR=...; PORT=5060
#   make check            build, run the tests; TESTS='FILE...' or directories
#                         for some
#   make check-all        the same, with every combination of what there is
#   make check-system     tests under a real systemd (root)
#   make check-fronts     behind Kamailio, haproxy, nginx, stunnel (root)
#   make check-deb        the Debian packages, built and installed (root)
#   make check-fresh      README's commands on Debian 12, 13 and sid, freshly
#                         bootstrapped (root); SUITES='trixie' for some
#   make install          to $(prefix), below $(DESTDIR); starts nothing
#   make uninstall        removes what install put there
#   make clean dist       remove what was built; a tarball of HEAD
#   make deb              Debian packages of HEAD, in build/deb
#   make coverage fuzz load
#   make prove            what the pure modules promise, by a model checker;
#                         BOUNDS=small in less time
#   make bench bench-each bench-growing bench-parse bench-peers bench-log
#   make bench-sandbox
#   make packages         install what the tests need
#
# Run by root, demo, run, check and the lines from coverage on install what they
# need and is missing; run by others, they say what that is. With PACKAGES=no
# they do neither.
#
# Variables: CC CFLAGS CPPFLAGS LDFLAGS DESTDIR prefix and the other GNU
# directories, and
#   STATIC=yes|no         how to link; the default follows CC
#   BUILD=DIR             where objects go; for a second build beside the
#                         first one, which then leaves DIR/sipcgi-handler
#   SANITIZE=LIST         -fsanitize=LIST, by clang, in build/sanitize
#   WERROR=yes            warnings are errors
#   V=1                   show the commands

VERSION = 1.1.0

# Modules, in layers: none knows of a later one (tests/tree/layers.bats). The
# first two are pure: no system call, no allocation, no state. Unit tests,
# fuzzers and benchmarks link them as they are.
#   GRAMMAR	octets to meaning
#   MADE	what is made of a message
#   SYSTEM	what touches the system
GRAMMAR = why octet sipuri sipmsg sipvia sipcheck
MADE = text stamp peer field env reply event outcome logline
SYSTEM = fds connection request script seccomp sandbox log cmdline options \
	explain
MODULES = $(GRAMMAR) $(MADE) $(SYSTEM)
SOURCES = sipcgi-handler.c $(MODULES:=.c)
# sipcgi-each's own. The pure ones know GRAMMAR and MADE, the others all.
EACH_PURE = each/siphash each/frame each/proxy each/answer each/table \
	each/transaction
EACH_SYSTEM = each/options each/program each/job each/store each/datagram \
	each/stream each/service each/report
EACH_MODULES = $(EACH_PURE) $(EACH_SYSTEM)
EACH_SOURCES = each/sipcgi-each.c $(EACH_MODULES:=.c)

# ---- Where things go (GNU Coding Standards, Directory Variables)

prefix = /usr/local
exec_prefix = $(prefix)
bindir = $(exec_prefix)/bin
libexecdir = $(exec_prefix)/libexec
libdir = $(exec_prefix)/lib
sysconfdir = $(prefix)/etc
datarootdir = $(prefix)/share
datadir = $(datarootdir)
docdir = $(datarootdir)/doc/sipcgi-handler
mandir = $(datarootdir)/man
# The scripts, and the places that systemd reads in /usr and /usr/local.
sipdir = $(libdir)/sip-cgi-bin
unitdir = $(prefix)/lib/systemd/system
catalogdir = $(prefix)/lib/systemd/catalog
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d
# Where Python and Perl look for the libraries, if they do below $(prefix).
PYTHON = /usr/bin/python3
pythondir = $(or $(shell $(PYTHON) -IBc 'import site; print(*[d for d in \
	site.getsitepackages() if d.startswith("$(prefix)/lib/")][:1])' \
	2>/dev/null),$(datadir)/sip-cgi)
perldir = $(or $(shell perl -MConfig -e 'print +(grep { \
	m{^\Q$(prefix)\E/(?!local/)} } @Config{qw(vendorlib sitelib)})[0]' \
	2>/dev/null),$(datadir)/sip-cgi)
# systemd's version: 252 warns of a setting that 255 needs.
SYSTEMD := $(shell systemctl --version 2>/dev/null | sed -n '1s/[^0-9]*\([0-9]*\).*/\1/p')
# What sip-cgi-inetd.service runs, where Debian has it.
xinetd = /usr/sbin/xinetd

INSTALL = install
INSTALL_PROGRAM = $(INSTALL) -m 755
INSTALL_DATA = $(INSTALL) -m 644

# ---- How to compile

BUILD = $(if $(SANITIZE),build/sanitize,build)
PROGRAM = $(if $(filter build,$(BUILD)),,$(BUILD)/)sipcgi-handler
EACH = $(PROGRAM:handler=each)
CHECK = $(BUILD)/sipcgi-check

# musl starts a static program many times faster than glibc starts any.
ifneq ($(filter default undefined,$(origin CC)),)
  ifdef SANITIZE
    CC = clang
  else ifneq ($(shell command -v musl-gcc 2>/dev/null),)
    CC = musl-gcc
  else
    CC = cc
    NO_MUSL = @echo "musl-gcc (package musl-tools) is not here: built with cc"
  endif
endif
STATIC = $(if $(findstring musl,$(CC)),yes,no)

# Small rather than fast: most of this code runs once in a process, so what
# counts is how much of it must be fetched. Taken from the environment, too,
# where a package's build has them.
CFLAGS ?= -Os -g
LANGUAGE = -std=c11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"'
# No flags of the modules that do not know them, so that make install with
# another prefix compiles few files.
PLACES = -DSCRIPT_DIRECTORY='"$(sipdir)"' -DLIBEXECDIR='"$(libexecdir)"'
PLACING = $(addprefix $(BUILD)/,options.o each/options.o tools/check/sipcgi-check.o)
WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wconversion -Wsign-conversion -Wcast-align \
	-Wpointer-arith -Wwrite-strings -Wundef -Wvla -Wformat=2 \
	-Wimplicit-fallthrough -Wnull-dereference \
	$(if $(filter yes,$(WERROR)),-Werror)
# Without optimization glibc refuses to fortify, and sanitizers do it better.
HARDENING = -fstack-protector-strong -fstack-clash-protection \
	$(if $(SANITIZE)$(filter -O0,$(CFLAGS)),,-D_FORTIFY_SOURCE=2)
HARDENING_LINK = -Wl,-z,noexecstack \
	$(if $(filter yes,$(STATIC)),,-Wl,-z,relro,-z,now)
SECTIONS = -ffunction-sections -fdata-sections
# A static program that is not position-independent has nothing to relocate
# at start.
MODE = $(if $(filter yes,$(STATIC)),-fno-pie,-fPIE)
MODE_LINK = $(if $(filter yes,$(STATIC)),-static -no-pie $(FEW_PAGES),-pie)
# Each page that a process touches costs as much as several system calls, each
# segment about the same. RELRO guards what a dynamic loader has written: here
# is none, so it would be a page for nothing. Small zeroed data, sorted by
# name, shares the first page of its segment with initialised data.
FEW_PAGES = -Wl,-z,norelro,-z,noseparate-code,--sort-section=name
SANITIZERS = $(if $(SANITIZE),-fsanitize=$(SANITIZE) \
	-fno-sanitize-recover=all -fno-omit-frame-pointer)
# musl-gcc does not see the kernel's headers: show it those, and no others.
KERNEL = $(if $(findstring musl,$(CC)),-idirafter $(BUILD)/kernel)

# The user's flags come last.
COMPILE = $(CC) $(LANGUAGE) $(KERNEL) $(WARNINGS) $(HARDENING) $(SECTIONS) \
	$(MODE) $(SANITIZERS) $(CPPFLAGS) $(CFLAGS)
LINK = $(CC) $(MODE_LINK) $(HARDENING_LINK) -Wl,--gc-sections $(SANITIZERS) \
	$(CFLAGS) $(LDFLAGS)

LIBRARY = $(BUILD)/libsipcgi.a
TEST_PROGRAMS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/helpers/*.c tests/each/*.c tests/sandbox/*.c \
	tests/unit/*.c tests/load/*.c))
OLDER_KERNELS = $(foreach abi,0 1 2 3 4 5 6,$(BUILD)/tests/sandbox/handler-abi$(abi))

# sipcgi-log reads the journal by libsystemd, which is dynamic and of glibc.
TOOL_CC = $(if $(SANITIZE),clang,cc)
TOOL_HARDENING = -Wl,-z,noexecstack,-z,relro,-z,now
TOOL_SOURCES = event.c why.c $(wildcard tools/*.c)
ifneq ($(wildcard tools/*.c),)
  TOOL_LIBS := $(shell pkg-config --libs libsystemd 2>/dev/null)
  TOOL = $(if $(TOOL_LIBS),$(BUILD)/sipcgi-log)
  NO_TOOL = $(if $(TOOL),,@echo "libsystemd (package libsystemd-dev) or \
	pkg-config is not here: no sipcgi-log")
endif

# ---- What is installed: mode:source:target. The second list is for what
# ---- the administrator is meant to change.

FROM_TEMPLATES = $(patsubst %.in,$(BUILD)/%,$(wildcard systemd/*.in xinetd.d/*.in))
UNITS = $(filter %.socket %.service %.timer,$(FROM_TEMPLATES))
# What is of no use without sipcgi-log.
OF_TOOL = $(if $(TOOL),,%/sipcgi-log.1 %/sip-cgi-metrics.service %/sip-cgi-metrics.timer)
# What a reader of the source sees whole names the places of the default
# prefix; those of the configured one stand in what is installed.
NAMING_PLACES = $(wildcard README SECURITY.md doc/*.md man/* lib/*.sh lib/*.pm lib/SipCgi/*.pm lib/sipcgi/*.py lib/sipcgi/py.typed $(filter-out examples/front examples/grafana,$(wildcard examples/*)))
PLACED = $(addprefix $(BUILD)/,$(NAMING_PLACES))
# Those that are in directories of their own.
FOLDERS = $(wildcard examples/front/*/* examples/grafana/*)
EXAMPLES = $(filter $(BUILD)/examples/%,$(PLACED))
place = $(foreach f,$(2),$(1):$(f):$(3)/$(notdir $(f)))
# The libraries are in one place; where a language looks is a link.
link = $(if $(filter-out $(datadir)/sip-cgi,$(2)),$(foreach f,$(1),link:$(datadir)/sip-cgi/$(f):$(2)/$(f)))

# The services that pay for their sandbox once.
HARDENED = $(foreach s,sip-cgi-inetd sip-cgi-each@ sip-cgi-udp,$(unitdir)/$(s).service.d)

FILES = 755:$(PROGRAM):$(libexecdir)/sipcgi-handler \
	755:$(EACH):$(libexecdir)/sipcgi-each \
	$(call place,644,$(filter-out $(OF_TOOL),$(UNITS)),$(unitdir)) \
	$(call place,644,$(filter %@.service,$(FROM_TEMPLATES)),$(datadir)/sip-cgi) \
	$(foreach d,$(HARDENED),$(call place,644,$(wildcard systemd/hardened.conf),$(d))) \
	$(call place,644,$(filter %.catalog,$(FROM_TEMPLATES)),$(catalogdir)) \
	$(patsubst %,644:%:$(sysusersdir)/sip-cgi.conf,$(filter %.sysusers,$(FROM_TEMPLATES))) \
	$(patsubst %,644:%:$(tmpfilesdir)/sip-cgi.conf,$(filter %.tmpfiles,$(FROM_TEMPLATES))) \
	$(foreach n,1 7 8,$(call place,644,$(filter-out $(OF_TOOL),$(filter %.$(n),$(PLACED))),$(mandir)/man$(n))) \
	$(call place,644,$(filter %.sh %/SipCgi.pm,$(PLACED)),$(datadir)/sip-cgi) \
	$(foreach d,sipcgi SipCgi,$(call place,644,$(filter $(BUILD)/lib/$(d)/%,$(PLACED)),$(datadir)/sip-cgi/$(d))) \
	$(call link,sipcgi,$(pythondir)) $(call link,SipCgi.pm SipCgi,$(perldir)) \
	$(call place,755,$(filter-out %.conf %.py,$(EXAMPLES)),$(docdir)/examples) \
	$(call place,644,$(filter %.conf %.py,$(EXAMPLES)),$(docdir)/examples) \
	$(foreach f,$(FOLDERS),644:$(BUILD)/$(f):$(docdir)/$(f)) \
	$(call place,644,$(filter %/README %.md,$(PLACED)) $(wildcard LICENSE NEWS),$(docdir)) \
	755:$(CHECK):$(bindir)/sipcgi-check \
	$(if $(TOOL),755:$(TOOL):$(bindir)/sipcgi-log)
CONFIG = $(call place,644,$(filter $(BUILD)/xinetd.d/%,$(FROM_TEMPLATES)),$(sysconfdir)/xinetd.d) \
	$(call place,644,$(filter %/sip-cgi-inetd.conf,$(FROM_TEMPLATES)),$(sysconfdir)) \
	$(call place,755,$(filter %/default.cgi,$(EXAMPLES)),$(sipdir))
# Made by install and removed by uninstall when nothing is left in them; the
# directories of the GNU list itself are not ours to remove.
DIRECTORIES = $(sipdir) $(datadir)/sip-cgi/sipcgi $(datadir)/sip-cgi/SipCgi $(datadir)/sip-cgi \
	$(addprefix $(docdir)/,$(sort $(patsubst %/,%,$(dir $(FOLDERS)))) examples/front examples) $(docdir) $(sysconfdir)/xinetd.d \
	$(HARDENED) $(unitdir) $(catalogdir) \
	$(prefix)/lib/systemd $(sysusersdir) \
	$(tmpfilesdir)

# ---- Build

# One line a command; all of it with V=1, nothing with make -s.
SAY = $(if $(findstring s,$(firstword -$(MAKEFLAGS))),@:,@printf '%7s %s\n')
run = $(if $(filter 1,$(V)),$(2),$(SAY) $(1) $@; $(2))

.PHONY: all test-programs fuzz-targets install uninstall clean dist \
	deb FORCE
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:

# What is missing is said last, where it is seen.
BUILT = $(PROGRAM) $(EACH) $(CHECK) $(TOOL)
all: $(BUILT)
	@:
	$(NO_MUSL)
	$(NO_TOOL)

$(PROGRAM): $(BUILD)/sipcgi-handler.o $(LIBRARY)
	$(call run,LINK,$(LINK) -o $@ $^ $(LDLIBS))

# It lives long, among strangers: what spares the handler microseconds at its
# start is not for it.
$(EACH): FEW_PAGES =
$(EACH): HARDENING_LINK = -Wl,-z,noexecstack,-z,relro,-z,now
$(EACH): $(BUILD)/each/sipcgi-each.o $(EACH_SYSTEM:%=$(BUILD)/%.o) $(LIBRARY)
	$(call run,LINK,$(LINK) -o $@ $^ $(LDLIBS))

# For people, who do not start it for each request.
CHECK_OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(wildcard tools/check/*.c))
$(CHECK): $(CHECK_OBJECTS) $(LIBRARY)
	$(call run,LINK,$(LINK) -o $@ $(CHECK_OBJECTS) $(LIBRARY) $(LDLIBS))

# From scratch: ar would keep members that are no longer in the list.
$(LIBRARY): $(MODULES:%=$(BUILD)/%.o) $(EACH_PURE:%=$(BUILD)/%.o)
	@rm -f $@
	$(call run,AR,$(AR) rcD $@ $^)

$(BUILD)/%.o: %.c $(BUILD)/flags | $(BUILD)/kernel
	@mkdir -p $(@D)
	$(call run,CC,$(COMPILE) -I. -MMD -MP -c -o $@ $<)

$(PLACING): LANGUAGE += $(PLACES)
$(PLACING): $(BUILD)/places

# A driver for unit tests or a benchmark, linked to all modules but main's.
test-programs: $(TEST_PROGRAMS) $(OLDER_KERNELS)
	@:

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(LIBRARY)
	$(call run,LINK,$(LINK) -o $@ $(filter %.o,$^) $(LIBRARY) $(LDLIBS))

# What must hold of any message: checked by a driver and by fuzz targets.
CHECKS = $(patsubst %.c,$(BUILD)/%.o,tests/fuzz/feed.c \
	$(wildcard tests/fuzz/check_*.c))
FUZZ_TARGETS = $(addprefix $(BUILD)/tests/fuzz/,parse environment answer log \
	frame output proxy transaction)

$(addprefix $(BUILD)/tests/unit/,message value reading frame proxy answer transaction): \
    $(CHECKS)
$(BUILD)/tests/unit/transaction-small: $(BUILD)/tests/fuzz/feed.o

# For tests/fuzz/run, which knows what they are built with.
fuzz-targets: $(FUZZ_TARGETS)

$(FUZZ_TARGETS:=.o): $(BUILD)/tests/fuzz/%.o: tests/fuzz/target.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call run,CC,$(COMPILE) -I. -DTARGET=check_$* -MMD -MP -c -o $@ $<)

$(FUZZ_TARGETS): $(BUILD)/tests/fuzz/mutate.o $(CHECKS)
$(FUZZ_TARGETS): LDLIBS += -fsanitize=fuzzer

# The handler as it is on a kernel with an older Landlock ABI.
$(OLDER_KERNELS): $(BUILD)/tests/sandbox/handler-abi%: $(BUILD)/sipcgi-handler.o \
    $(BUILD)/tests/sandbox/sandbox-abi%.o $(LIBRARY)
	$(call run,LINK,$(LINK) -o $@ $^ $(LDLIBS))

$(OLDER_KERNELS:$(BUILD)/tests/sandbox/handler-%=$(BUILD)/tests/sandbox/sandbox-%.o): \
    $(BUILD)/tests/sandbox/sandbox-abi%.o: sandbox.c $(BUILD)/flags | $(BUILD)/kernel
	@mkdir -p $(@D)
	$(call run,CC,$(COMPILE) -I. -DSANDBOX_MAX_ABI=$* -MMD -MP -c -o $@ $<)

$(BUILD)/sipcgi-log: $(TOOL_SOURCES) event.h why.h $(wildcard tools/*.h) $(BUILD)/flags
	$(call run,CC,$(TOOL_CC) $(LANGUAGE) $(WARNINGS) $(HARDENING) -fPIE \
	    $(SANITIZERS) -I. $(CPPFLAGS) $(CFLAGS) -pie $(TOOL_HARDENING) \
	    $(LDFLAGS) -o $@ $(TOOL_SOURCES) $(TOOL_LIBS))

$(BUILD)/kernel:
	@mkdir -p $@.new
	@ln -sfn /usr/include/linux $@.new/linux
	@ln -sfn /usr/include/asm-generic $@.new/asm-generic
	@for d in /usr/include/`$(CC) -print-multiarch 2>/dev/null`/asm \
	    /usr/include/asm; do \
		if [ -d $$d ]; then ln -sfn $$d $@.new/asm; break; fi; \
	done
	@mv $@.new $@

# What depends on flags, or on places, is made again when one changes.
$(BUILD)/flags: TEXT = $(COMPILE) $(LINK)
$(BUILD)/places: TEXT = $(PLACES) $(SUBSTITUTE) $(PLACE) $(FIND)
$(BUILD)/flags $(BUILD)/places: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(TEXT))' >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

SUBSTITUTE = sed $(foreach v,VERSION bindir libexecdir libdir sysconfdir \
	datadir docdir mandir sipdir xinetd,-e 's|@$(v)@|$($(v))|g') \
	$(shell [ 0$(SYSTEMD) -ge 255 ] || echo "-e '/^PollLimit/d'")

PLACE = sed -e 's|/usr/local/share/sip-cgi|$(datadir)/sip-cgi|g' \
	-e 's|/usr/local/share/doc/sipcgi-handler|$(docdir)|g' \
	-e 's|/usr/local/libexec|$(libexecdir)|g' \
	-e 's|/usr/local/etc|$(sysconfdir)|g' \
	-e 's|/usr/local/lib/systemd/system|$(unitdir)|g' \
	-e 's|/usr/local/lib/sip-cgi-bin|$(sipdir)|g' \
	-e 's|/usr/local/lib/cgi-bin|$(dir $(sipdir))cgi-bin|g'

# Where a language does not look for its library, a script says where it is.
FIND = $(if $(filter $(datadir)/sip-cgi,$(pythondir)),-e 's|^import sipcgi$$|import sys\nsys.path.insert(0, "$(datadir)/sip-cgi")\n&|') \
	$(if $(filter $(datadir)/sip-cgi,$(perldir)),-e "s|^use SipCgi;$$|use lib '$(datadir)/sip-cgi';\n&|")
$(filter $(BUILD)/examples/% $(BUILD)/man/%,$(PLACED)): PLACE += $(FIND)

$(BUILD)/%: %.in $(BUILD)/places
	@mkdir -p $(@D)
	$(call run,SED,$(SUBSTITUTE) $< >$@)

$(PLACED) $(FOLDERS:%=$(BUILD)/%): $(BUILD)/%: % $(BUILD)/places
	@mkdir -p $(@D)
	$(call run,SED,$(PLACE) $< >$@)

DEPENDENCIES = $(wildcard $(SOURCES:%.c=$(BUILD)/%.d) \
	$(EACH_SOURCES:%.c=$(BUILD)/%.d) $(CHECK_OBJECTS:.o=.d) $(BUILD)/tests/*.d \
	$(BUILD)/tests/*/*.d)
# The compiler writes them; sandbox-abi6.d is not a program to be linked.
$(DEPENDENCIES): ;
-include $(DEPENDENCIES)

# ---- Install

install: $(BUILT) $(FROM_TEMPLATES) $(PLACED) $(FOLDERS:%=$(BUILD)/%)
	@set -eu; $(INSTALL) -d $(DESTDIR)$(sipdir); \
	for f in $(FILES) $(CONFIG); do \
		mode=$${f%%:*} from=$${f#*:}; to=$(DESTDIR)$${from#*:}; \
		from=$${from%%:*}; $(INSTALL) -d "$${to%/*}"; \
		case " $(CONFIG) " in *" $$f "*) \
			if [ -e "$$to" ] && ! cmp -s "$$from" "$$to"; then \
				echo "kept $$to: it differs from this version's"; \
				continue; \
			fi;; \
		esac; \
		case $$mode in \
		755) $(INSTALL_PROGRAM) "$$from" "$$to";; \
		link) ln -sfT "$$from" "$$to";; \
		*) $(INSTALL_DATA) "$$from" "$$to";; \
		esac; \
		echo "$$to"; \
	done
	$(NO_MUSL)
	$(NO_TOOL)

# Also where what it was built with has gone.
uninstall: TOOL = $(BUILD)/sipcgi-log
uninstall: $(FROM_TEMPLATES) $(PLACED)
	@set -eu; for f in $(FILES) $(CONFIG); do \
		from=$${f#*:}; to=$(DESTDIR)$${from#*:}; from=$${from%%:*}; \
		[ -e "$$to" ] || [ -L "$$to" ] || continue; \
		case " $(CONFIG) " in *" $$f "*) \
			if ! cmp -s "$$from" "$$to"; then \
				echo "kept $$to: it differs from this version's"; \
				continue; \
			fi;; \
		esac; \
		rm -f "$$to"; \
	done
	@# What Python wrote beside its library.
	@rm -rf $(DESTDIR)$(datadir)/sip-cgi/sipcgi/__pycache__
	@for d in $(DIRECTORIES); do \
		[ ! -d "$(DESTDIR)$$d" ] || \
		    rmdir --ignore-fail-on-non-empty "$(DESTDIR)$$d"; \
	done

# What the tests have downloaded is kept: super-servers, systems.
clean:
	@rm -rf $(filter-out $(BUILD)/super $(BUILD)/fresh,$(wildcard $(BUILD)/*)) \
	    $(PROGRAM) $(EACH)

TARBALL = sipcgi-handler-$(VERSION).tar.gz
dist:
	git archive --prefix=sipcgi-handler-$(VERSION)/ HEAD | gzip -n9 >$(TARBALL)

deb:
	@$(RUN) packaging/build-deb

# ---- Tests and measurements. Each script finds the program and the build
# ---- tree in its environment. The second make sees what the first installed.

.PHONY: check check-all check-system check-fronts check-deb check-fresh demo run coverage fuzz load prove \
	bench bench-each bench-growing bench-parse bench-peers bench-log bench-sandbox packages

RUN = HANDLER='$(abspath $(PROGRAM))' EACH='$(abspath $(EACH))' BUILD='$(abspath $(BUILD))' TOP='$(CURDIR)'
PORT = 5060
DIR =
SUITES =
BOUNDS = full
PACKAGES = yes
need = $(if $(filter no,$(PACKAGES)),@:,@$(RUN) tests/packages $(1))

check-all: export CHECK = all
check check-all:
	$(call need,$@)
	@$(MAKE) --no-print-directory all test-programs
	@$(RUN) tests/run $(TESTS)

demo:
	$(call need,demo)
	@$(MAKE) --no-print-directory all
	@$(RUN) tests/demo/run

run:
	$(call need,demo)
	@$(MAKE) --no-print-directory all
	@$(RUN) tests/demo/serve '$(PORT)' '$(DIR)'

packages:
	@$(RUN) tests/packages check

check-fresh:
	@$(RUN) tests/fresh $(SUITES)

prove:
	$(call need,$@)
	@$(RUN) BOUNDS='$(BOUNDS)' tests/prove/run

# make NAME runs tests/NAME, or tests/DIR/run where there is one.
check-system: SCRIPT = tests/system/run
check-fronts: SCRIPT = tests/fronts/run
check-deb: SCRIPT = tests/deb/run
coverage: SCRIPT = tests/coverage
fuzz: SCRIPT = tests/fuzz/run
load: SCRIPT = tests/load/run
bench: SCRIPT = tests/bench/run
bench-each: SCRIPT = tests/bench/each
bench-growing: SCRIPT = tests/bench/growing
bench-parse: SCRIPT = tests/bench/parse
bench-peers: SCRIPT = tests/bench/peers
bench-sandbox: SCRIPT = tests/bench/sandbox
bench-log: SCRIPT = tests/bench/log

check-system check-fronts check-deb coverage fuzz load bench bench-each bench-growing bench-parse bench-peers \
    bench-log bench-sandbox:
	$(call need,$@)
	@$(MAKE) --no-print-directory all test-programs
	@$(RUN) $(SCRIPT)
