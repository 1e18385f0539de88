/*
 * pages.h - where large data goes, so that a request touches few pages: the
 * first touch of each costs as much as several system calls.
 */
#ifndef PAGES_H
#define PAGES_H

/*
 * For large static objects without initializer: they go behind all that is
 * small, since the linker sorts by name (-Wl,--sort-section=name).  The small
 * then share a page, and of the large only pages that are written to exist.
 */
#define PAGES_LARGE __attribute__((section(".bss.~large")))

#endif
