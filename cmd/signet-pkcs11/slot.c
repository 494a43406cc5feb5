/* SPDX-License-Identifier: BSD-2-Clause */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gesture/pin.h"
#include "gesture/prompt.h"
#include "module.h"

#define PASSWD_MAX 16384	/* bytes of one user's record */

ck_rv_t
C_GetSlotList(unsigned char token_present_only, ck_slot_id_t *list,
    unsigned long *count)
{
	auto_module m = module_enter();
	unsigned long n, room;

	if (m == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if (count == NULL)
		return CKR_ARGUMENTS_BAD;
	room = *count;
	n = !token_present_only || daemon_present(m) == SG_OK ? 1 : 0;
	*count = n;
	if (list == NULL)
		return CKR_OK;
	if (room < n)
		return CKR_BUFFER_TOO_SMALL;
	if (n > 0)
		list[0] = MODULE_SLOT;
	return CKR_OK;
}

/* FreeRDP looks for the PC/SC reader of that name. */
static void
slot_name(struct module *m, struct ck_slot_info *info)
{
	auto_done(card_status) card = { .slot = CARD_NO_SLOT };
	char name[CARD_READER_MAX];

	/* Without a card it has the first slot's name. */
	SG_IGNORE(daemon_card(m, &card));
	card_reader_name(card.slot, name);
	PAD(info->slot_description, name);
}

ck_rv_t
C_GetSlotInfo(ck_slot_id_t slot, struct ck_slot_info *info)
{
	auto_module m = module_enter();

	if (m == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if (slot != MODULE_SLOT)
		return CKR_SLOT_ID_INVALID;
	if (info == NULL)
		return CKR_ARGUMENTS_BAD;
	*info = (struct ck_slot_info) {
		.flags = CKF_REMOVABLE_DEVICE | CKF_HW_SLOT,
		.hardware_version = { 2, 0 },
		.firmware_version = { 0, 1 },
	};
	if (daemon_present(m) == SG_OK)
		info->flags |= CKF_TOKEN_PRESENT;
	slot_name(m, info);
	PAD(info->manufacturer_id, MODULE_MAKER);
	return CKR_OK;
}

static ck_flags_t
pin_flags(const struct module *m, const struct status *s)
{
	uint32_t used = s->tries_known ? s->tries_used : 0;
	ck_flags_t low = used > 0 ? CKF_USER_PIN_COUNT_LOW : 0;

	/* A session PIN's tries are its own. */
	if (m->pin_entry == PIN_ENTRY_SESSION)
		return 0;
	if (s->state == CONTAINER_BLOCKED ||
	    (s->tries_known && used >= s->tries_limit))
		return CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_LOCKED;
	return s->tries_limit - used == 1 ? low | CKF_USER_PIN_FINAL_TRY
					  : low;
}

/* An open container needs no PIN at all: C_Login without one succeeds. */
static bool
path_protected(const struct module *m, const struct status *s)
{
	const struct prompt p = { -1, m->config.pinentry };

	if (m->pin_entry == PIN_ENTRY_AUTO)
		return s->state == CONTAINER_OPEN || prompt_possible(&p);
	return m->pin_entry != PIN_ENTRY_APPLICATION &&
	    m->pin_entry != PIN_ENTRY_SESSION;
}

static void
token_label(unsigned char *field, size_t n, uint32_t uid)
{
	char text[64], *room = malloc(PASSWD_MAX);
	struct passwd pw, *found = NULL;

	if (room != NULL)
		(void)getpwuid_r(uid, &pw, room, PASSWD_MAX, &found);
	if (found != NULL)
		(void)snprintf(text, sizeof(text), "Signet (%.22s)",
		    found->pw_name);
	else
		(void)snprintf(text, sizeof(text), "Signet (uid %u)", uid);
	free(room);
	pad_blank(field, n, text);
}

static void
token_fill(const struct module *m, const struct status *s,
    struct ck_token_info *info)
{
	char serial[17];

	*info = (struct ck_token_info) {
		.flags = CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED |
		    pin_flags(m, s),
		.max_session_count = CK_EFFECTIVELY_INFINITE,
		.session_count = CK_UNAVAILABLE_INFORMATION,
		.max_rw_session_count = CK_EFFECTIVELY_INFINITE,
		.rw_session_count = CK_UNAVAILABLE_INFORMATION,
		.max_pin_len = CLIENT_PIN_MAX,
		.min_pin_len = PIN_MIN_LEAST,
		.total_public_memory = CK_UNAVAILABLE_INFORMATION,
		.free_public_memory = CK_UNAVAILABLE_INFORMATION,
		.total_private_memory = CK_UNAVAILABLE_INFORMATION,
		.free_private_memory = CK_UNAVAILABLE_INFORMATION,
		.hardware_version = { 2, 0 },
		.firmware_version = { 0, 1 },
	};
	if (m->pin_entry != PIN_ENTRY_ON_USE)
		info->flags |= CKF_LOGIN_REQUIRED;
	if (path_protected(m, s))
		info->flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
	/* A container made anew is another token. */
	(void)snprintf(serial, sizeof(serial), "%08x%08x", s->uid,
	    (unsigned)(s->created & 0xffffffff));
	token_label(info->label, sizeof(info->label), s->uid);
	PAD(info->manufacturer_id, MODULE_MAKER);
	PAD(info->model, "TPM 2.0");
	PAD(info->serial_number, serial);
	PAD(info->utc_time, "");
}

ck_rv_t
C_GetTokenInfo(ck_slot_id_t slot, struct ck_token_info *info)
{
	auto_module m = module_enter();
	auto_done(status) s = { 0 };

	if (m == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if (slot != MODULE_SLOT)
		return CKR_SLOT_ID_INVALID;
	if (info == NULL)
		return CKR_ARGUMENTS_BAD;
	if (daemon_look(m, &s) != SG_OK)
		return CKR_TOKEN_NOT_PRESENT;
	token_fill(m, &s, info);
	return CKR_OK;
}
