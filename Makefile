# Everything real is in meson.build; this file names what people type.
# B is where it is built, PREFIX where it is installed.
B ?= build
PREFIX ?= /usr/local
MESON_FLAGS ?=

.PHONY: all setup check demo bench soak install clean

all: ready
	meson compile -C $(B)

# Installs what is missing (needs root only then), and configures once.
.PHONY: ready
ready:
	@tools/setup
	@test -f $(B)/build.ninja || \
		meson setup --prefix=$(PREFIX) $(MESON_FLAGS) $(B)
# A folder that is configured already keeps its prefix unless one is asked for.
ifneq ($(origin PREFIX),file)
	@meson configure --prefix=$(PREFIX) $(B)
endif

setup:
	@tools/setup

check: ready
	@tests/run --build $(B)

demo: all
	@tools/demo --build $(B)

bench: all
	@bench/run --build $(B)

soak: ready
	@tests/run --soak --build $(B)

install: all
	meson install -C $(B)

clean:
	rm -rf build build-*
