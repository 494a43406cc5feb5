/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/prompter.h"

#include "module.h"

ck_rv_t
prompt_run(const uint8_t ticket[CLIENT_TICKET_LEN])
{
	enum handover_result result;

	if (prompter_run(&result, ticket, NULL) != SG_OK)
		return CKR_FUNCTION_FAILED;
	switch (result) {
	case HANDOVER_OPEN:
		return CKR_OK;
	case HANDOVER_CANCELLED:
		return CKR_FUNCTION_CANCELED;
	case HANDOVER_WRONG:
		return CKR_PIN_INCORRECT;
	case HANDOVER_BLOCKED:
		return CKR_PIN_LOCKED;
	case HANDOVER_FAILED:
		break;
	}
	return CKR_FUNCTION_FAILED;
}
