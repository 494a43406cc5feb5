/* SPDX-License-Identifier: BSD-2-Clause */

#include "screen.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define QUARTERS	4
#define GLYPH_WIDTH	5
#define GLYPH_HEIGHT	7
#define ADVANCE		6	/* a glyph and the gap behind it */
#define MARGIN		2	/* gaps at each side of the line */
#define SCALE_MAX	4
/* Of a tile, which goes into one packet of 16 KiB. */
#define TILE_WIDTH	64
#define TILE_HEIGHT	32
#define BYTES_PER_PIXEL	4
#define SIDE_MAX	8192

/* RRGGBB, from the upper left to the lower right. */
static const UINT32 colours[][QUARTERS] = {
	[SCREEN_WAITING] = { 0x1d3557, 0x1d3557, 0x1d3557, 0x1d3557 },
	[SCREEN_DESKTOP] = { 0x2a9d8f, 0x457b9d, 0x8ab17d, 0x6d597a },
	[SCREEN_REFUSED] = { 0x9b2226, 0x9b2226, 0x9b2226, 0x9b2226 },
};
#define PAPER	0x101010u
#define INK	0xf1faeeu

/* Rows of five, the leftmost is bit 4. */
static const struct {
	char c;
	UINT8 rows[GLYPH_HEIGHT];
} glyphs[] = {
	{ 'A', { 0x0e, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11 } },
	{ 'B', { 0x1e, 0x11, 0x11, 0x1e, 0x11, 0x11, 0x1e } },
	{ 'C', { 0x0e, 0x11, 0x10, 0x10, 0x10, 0x11, 0x0e } },
	{ 'D', { 0x1e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1e } },
	{ 'E', { 0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f } },
	{ 'F', { 0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x10 } },
	{ 'G', { 0x0e, 0x11, 0x10, 0x13, 0x11, 0x11, 0x0f } },
	{ 'H', { 0x11, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11 } },
	{ 'I', { 0x0e, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0e } },
	{ 'J', { 0x01, 0x01, 0x01, 0x01, 0x11, 0x11, 0x0e } },
	{ 'K', { 0x11, 0x12, 0x14, 0x18, 0x14, 0x12, 0x11 } },
	{ 'L', { 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1f } },
	{ 'M', { 0x11, 0x1b, 0x15, 0x15, 0x11, 0x11, 0x11 } },
	{ 'N', { 0x11, 0x19, 0x19, 0x15, 0x13, 0x13, 0x11 } },
	{ 'O', { 0x0e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0e } },
	{ 'P', { 0x1e, 0x11, 0x11, 0x1e, 0x10, 0x10, 0x10 } },
	{ 'Q', { 0x0e, 0x11, 0x11, 0x11, 0x15, 0x12, 0x0d } },
	{ 'R', { 0x1e, 0x11, 0x11, 0x1e, 0x14, 0x12, 0x11 } },
	{ 'S', { 0x0f, 0x10, 0x10, 0x0e, 0x01, 0x01, 0x1e } },
	{ 'T', { 0x1f, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04 } },
	{ 'U', { 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0e } },
	{ 'V', { 0x11, 0x11, 0x11, 0x11, 0x0a, 0x0a, 0x04 } },
	{ 'W', { 0x11, 0x11, 0x11, 0x15, 0x15, 0x1b, 0x11 } },
	{ 'X', { 0x11, 0x11, 0x0a, 0x04, 0x0a, 0x11, 0x11 } },
	{ 'Y', { 0x11, 0x11, 0x0a, 0x04, 0x04, 0x04, 0x04 } },
	{ 'Z', { 0x1f, 0x01, 0x02, 0x04, 0x08, 0x10, 0x1f } },
	{ '0', { 0x0e, 0x13, 0x13, 0x15, 0x19, 0x19, 0x0e } },
	{ '1', { 0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e } },
	{ '2', { 0x0e, 0x11, 0x01, 0x06, 0x08, 0x10, 0x1f } },
	{ '3', { 0x1e, 0x01, 0x01, 0x0e, 0x01, 0x01, 0x1e } },
	{ '4', { 0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02 } },
	{ '5', { 0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e } },
	{ '6', { 0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e } },
	{ '7', { 0x1f, 0x01, 0x02, 0x04, 0x04, 0x08, 0x08 } },
	{ '8', { 0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e } },
	{ '9', { 0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c } },
	{ '.', { 0x00, 0x00, 0x00, 0x00, 0x00, 0x0c, 0x0c } },
	{ ',', { 0x00, 0x00, 0x00, 0x00, 0x0c, 0x04, 0x08 } },
	{ '-', { 0x00, 0x00, 0x00, 0x0e, 0x00, 0x00, 0x00 } },
	{ '_', { 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x1f } },
	{ '/', { 0x01, 0x01, 0x02, 0x04, 0x08, 0x10, 0x10 } },
	{ '\'', { 0x04, 0x04, 0x08, 0x00, 0x00, 0x00, 0x00 } },
	{ ':', { 0x00, 0x0c, 0x0c, 0x00, 0x0c, 0x0c, 0x00 } },
	{ '@', { 0x0e, 0x11, 0x17, 0x15, 0x17, 0x10, 0x0e } },
};

/* What is on the screen, to be sent in tiles: FreeRDP 3.10's server cannot send
 * drawing orders (it takes a packet with room left for one that is full). */
struct canvas {
	UINT32 *pixels;
	UINT32 width;
	UINT32 height;
};

static void
fill(struct canvas *c, UINT32 x, UINT32 y, UINT32 w, UINT32 h, UINT32 rgb)
{
	for (UINT32 j = y; j < y + h && j < c->height; j++)
		for (UINT32 i = x; i < x + w && i < c->width; i++)
			c->pixels[(size_t)j * c->width + i] = rgb;
}

static const UINT8 *
glyph_of(char c)
{
	for (size_t i = 0; i < sizeof(glyphs) / sizeof(glyphs[0]); i++)
		if (glyphs[i].c == toupper((unsigned char)c))
			return glyphs[i].rows;
	return NULL;
}

static void
letter(struct canvas *c, UINT32 x, UINT32 y, UINT32 scale, const UINT8 *rows)
{
	for (UINT32 j = 0; j < GLYPH_HEIGHT; j++)
		for (UINT32 i = 0; i < GLYPH_WIDTH; i++)
			if (rows[j] >> (GLYPH_WIDTH - 1 - i) & 1)
				fill(c, x + i * scale, y + j * scale, scale,
				    scale, INK);
}

static void
line(struct canvas *c, const char *text)
{
	UINT32 n = (UINT32)strlen(text);
	UINT32 scale = c->width / (ADVANCE * (n + 2 * MARGIN)), top, x;

	if (scale > SCALE_MAX)
		scale = SCALE_MAX;
	if (n == 0 || scale == 0 || c->height < 4 * GLYPH_HEIGHT * scale)
		return;
	top = c->height / 2 - GLYPH_HEIGHT * scale / 2;
	x = (c->width - ADVANCE * n * scale) / 2;
	fill(c, 0, top - GLYPH_HEIGHT * scale, c->width,
	    3 * GLYPH_HEIGHT * scale, PAPER);
	for (UINT32 i = 0; i < n; i++, x += ADVANCE * scale) {
		const UINT8 *rows = glyph_of(text[i]);

		if (rows != NULL)
			letter(c, x, top, scale, rows);
	}
}

/* Rows go from the lowest up; blue comes first. */
static bool
send_tile(rdpContext *context, const struct canvas *c, UINT32 x, UINT32 y)
{
	BYTE data[TILE_WIDTH * TILE_HEIGHT * BYTES_PER_PIXEL], *to = data;
	UINT32 w = c->width - x < TILE_WIDTH ? c->width - x : TILE_WIDTH;
	UINT32 h = c->height - y < TILE_HEIGHT ? c->height - y : TILE_HEIGHT;
	BITMAP_DATA tile = { .destLeft = x, .destTop = y,
		.destRight = x + w - 1, .destBottom = y + h - 1, .width = w,
		.height = h, .bitsPerPixel = 8 * BYTES_PER_PIXEL,
		.bitmapLength = w * h * BYTES_PER_PIXEL,
		.bitmapDataStream = data };
	const BITMAP_UPDATE update = { .number = 1, .rectangles = &tile };

	for (UINT32 j = h; j-- > 0;)
		for (UINT32 i = 0; i < w; i++) {
			UINT32 rgb = c->pixels[(size_t)(y + j) * c->width +
			    x + i];

			*to++ = (BYTE)rgb;
			*to++ = (BYTE)(rgb >> 8);
			*to++ = (BYTE)(rgb >> 16);
			*to++ = 0;
		}
	return context->update->BitmapUpdate(context, &update);
}

bool
screen_paint(rdpContext *context, enum screen what, const char *text)
{
	struct canvas c = { NULL,
		freerdp_settings_get_uint32(context->settings,
		    FreeRDP_DesktopWidth) & ~3u,
		freerdp_settings_get_uint32(context->settings,
		    FreeRDP_DesktopHeight) };
	UINT32 w = c.width / 2, h = c.height / 2;
	bool ok = true;

	if (c.width == 0 || c.width > SIDE_MAX || c.height > SIDE_MAX)
		return false;
	c.pixels = calloc((size_t)c.width * c.height, sizeof(*c.pixels));
	if (c.pixels == NULL)
		return false;
	for (UINT32 i = 0; i < QUARTERS; i++)
		fill(&c, i % 2 * w, i / 2 * h, c.width - w, c.height - h,
		    colours[what][i]);
	line(&c, text);
	for (UINT32 y = 0; ok && y < c.height; y += TILE_HEIGHT)
		for (UINT32 x = 0; ok && x < c.width; x += TILE_WIDTH)
			ok = send_tile(context, &c, x, y);
	free(c.pixels);
	return ok;
}
