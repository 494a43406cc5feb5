/* SPDX-License-Identifier: BSD-2-Clause */
#include "gesture/pin.h"

#define COST_N_MIN 2048u	/* the default: a file must not weaken it */
#define COST_N_MAX (1u << 17)
#define COST_R_MIN 8u
#define COST_R_MAX 32u
#define COST_P_MAX 4u

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
is_simple(const struct secret *pin)
{
	int step;

	if (pin->n < 2 || !is_digit(pin->p[0]))
		return false;
	step = (pin->p[1] - pin->p[0] + 10) % 10;
	for (size_t i = 1; i < pin->n; i++)
		if (!is_digit(pin->p[i]) ||
		    (pin->p[i] - pin->p[i - 1] + 10) % 10 != step)
			return false;
	return true;
}

/* Of UTF-8: every byte but those that continue one. */
static size_t
characters(const struct secret *pin)
{
	size_t n = 0;

	for (size_t i = 0; i < pin->n; i++)
		n += (pin->p[i] & 0xc0) != 0x80;
	return n;
}

enum sg_err
pin_check(const struct secret *pin, size_t min)
{
	if (characters(pin) < min)
		return sg_fail(SG_EARG,
		    "the PIN is too short: at least %zu characters", min);
	if (pin->n > PIN_MAX)
		return sg_fail(SG_EARG,
		    "the PIN is too long: at most %d bytes", PIN_MAX);
	for (size_t i = 0; i < pin->n; i++)
		if (pin->p[i] < 0x20 || pin->p[i] == 0x7f)
			return sg_fail(SG_EARG,
			    "the PIN holds a control character");
	if (is_simple(pin))
		return sg_fail(SG_EARG, "the PIN is too simple: its digits "
		    "go up or down in equal steps");
	return SG_OK;
}

struct scrypt_cost
pin_cost_default(void)
{
	return (struct scrypt_cost) { .n = 2048, .r = 8, .p = 1 };
}

bool
pin_cost_valid(struct scrypt_cost cost)
{
	return cost.n >= COST_N_MIN && cost.n <= COST_N_MAX &&
	    (cost.n & (cost.n - 1)) == 0 && cost.r >= COST_R_MIN &&
	    cost.r <= COST_R_MAX && cost.p >= 1 && cost.p <= COST_P_MAX;
}

enum sg_err
pin_auth(const struct secret *pin, const uint8_t salt[PIN_SALT_LEN],
    struct scrypt_cost cost, struct secret *out)
{
	secret_done(out);
	SG_TRY(secret_init(out, PIN_AUTH_LEN));
	return scrypt_derive(pin, bytes_of(salt, PIN_SALT_LEN), cost,
	    PIN_AUTH_LEN, out);
}
