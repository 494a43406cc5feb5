/* SPDX-License-Identifier: BSD-2-Clause */
#include "module.h"

/*
 * The list of functions, and those we do not have.  Every entry is callable:
 * hosts call without looking.
 */

static ck_rv_t
refuse(ck_rv_t rv)
{
	auto_module m = module_enter();

	return m != NULL ? rv : CKR_CRYPTOKI_NOT_INITIALIZED;
}

#define UNUSED(x) ((void)(x))

/* By the shape of their parameters: a session, then bytes in and out. */
#define NO_START(name)                                                    \
	ck_rv_t name(ck_session_handle_t s, struct ck_mechanism *how,     \
	    ck_object_handle_t key)                                       \
	{                                                                 \
		UNUSED(s), UNUSED(how), UNUSED(key);                      \
		return refuse(CKR_FUNCTION_NOT_SUPPORTED);                \
	}
#define NO_WORK(name)                                                     \
	ck_rv_t name(ck_session_handle_t s, unsigned char *in,            \
	    unsigned long in_len, unsigned char *out,                     \
	    unsigned long *out_len)                                       \
	{                                                                 \
		UNUSED(s), UNUSED(in), UNUSED(in_len);                    \
		UNUSED(out), UNUSED(out_len);                             \
		return refuse(CKR_FUNCTION_NOT_SUPPORTED);                \
	}
#define NO_INPUT(name, rv)                                                \
	ck_rv_t name(ck_session_handle_t s, unsigned char *in,            \
	    unsigned long in_len)                                         \
	{                                                                 \
		UNUSED(s), UNUSED(in), UNUSED(in_len);                    \
		return refuse(rv);                                        \
	}
#define NO_OUTPUT(name)                                                   \
	ck_rv_t name(ck_session_handle_t s, unsigned char *out,           \
	    unsigned long *out_len)                                       \
	{                                                                 \
		UNUSED(s), UNUSED(out), UNUSED(out_len);                  \
		return refuse(CKR_FUNCTION_NOT_SUPPORTED);                \
	}
#define NO_OBJECT(name)                                                   \
	ck_rv_t name(ck_session_handle_t s, ck_object_handle_t object)    \
	{                                                                 \
		UNUSED(s), UNUSED(object);                                \
		return refuse(CKR_FUNCTION_NOT_SUPPORTED);                \
	}
#define NO_PARALLEL(name)                                                 \
	ck_rv_t name(ck_session_handle_t s)                               \
	{                                                                 \
		UNUSED(s);                                                \
		return refuse(CKR_FUNCTION_NOT_PARALLEL);                 \
	}

NO_START(C_EncryptInit)
NO_START(C_VerifyInit)
NO_START(C_SignRecoverInit)
NO_START(C_VerifyRecoverInit)
NO_WORK(C_Encrypt)
NO_WORK(C_EncryptUpdate)
NO_WORK(C_DecryptUpdate)
NO_WORK(C_Digest)
NO_WORK(C_SignRecover)
NO_WORK(C_VerifyRecover)
NO_WORK(C_DigestEncryptUpdate)
NO_WORK(C_DecryptDigestUpdate)
NO_WORK(C_SignEncryptUpdate)
NO_WORK(C_DecryptVerifyUpdate)
NO_OUTPUT(C_EncryptFinal)
NO_OUTPUT(C_DecryptFinal)
NO_OUTPUT(C_DigestFinal)
NO_OUTPUT(C_GetOperationState)
NO_INPUT(C_DigestUpdate, CKR_FUNCTION_NOT_SUPPORTED)
NO_INPUT(C_VerifyUpdate, CKR_FUNCTION_NOT_SUPPORTED)
NO_INPUT(C_VerifyFinal, CKR_FUNCTION_NOT_SUPPORTED)
NO_INPUT(C_InitPIN, CKR_FUNCTION_NOT_SUPPORTED)
NO_INPUT(C_SeedRandom, CKR_RANDOM_NO_RNG)
NO_INPUT(C_GenerateRandom, CKR_RANDOM_NO_RNG)
NO_OBJECT(C_DigestKey)
NO_PARALLEL(C_GetFunctionStatus)
NO_PARALLEL(C_CancelFunction)

ck_rv_t
C_DigestInit(ck_session_handle_t s, struct ck_mechanism *how)
{
	UNUSED(s), UNUSED(how);
	return refuse(CKR_FUNCTION_NOT_SUPPORTED);
}

ck_rv_t
C_Verify(ck_session_handle_t s, unsigned char *data, unsigned long data_len,
    unsigned char *signature, unsigned long signature_len)
{
	UNUSED(s), UNUSED(data), UNUSED(data_len);
	UNUSED(signature), UNUSED(signature_len);
	return refuse(CKR_FUNCTION_NOT_SUPPORTED);
}

ck_rv_t
C_InitToken(ck_slot_id_t slot, unsigned char *pin, unsigned long pin_len,
    unsigned char *label)
{
	UNUSED(slot), UNUSED(pin), UNUSED(pin_len), UNUSED(label);
	return refuse(CKR_FUNCTION_NOT_SUPPORTED);
}

ck_rv_t
C_SetPIN(ck_session_handle_t s, unsigned char *old_pin, unsigned long old_len,
    unsigned char *new_pin, unsigned long new_len)
{
	UNUSED(s), UNUSED(old_pin), UNUSED(old_len);
	UNUSED(new_pin), UNUSED(new_len);
	return refuse(CKR_FUNCTION_NOT_SUPPORTED);
}

ck_rv_t
C_SetOperationState(ck_session_handle_t s, unsigned char *state,
    unsigned long state_len, ck_object_handle_t encryption,
    ck_object_handle_t authentication)
{
	UNUSED(s), UNUSED(state), UNUSED(state_len);
	UNUSED(encryption), UNUSED(authentication);
	return refuse(CKR_FUNCTION_NOT_SUPPORTED);
}

ck_rv_t
C_CopyObject(ck_session_handle_t s, ck_object_handle_t object,
    struct ck_attribute *templ, unsigned long count,
    ck_object_handle_t *fresh)
{
	UNUSED(s), UNUSED(object), UNUSED(templ), UNUSED(count);
	UNUSED(fresh);
	return refuse(CKR_FUNCTION_NOT_SUPPORTED);
}

ck_rv_t
C_GetObjectSize(ck_session_handle_t s, ck_object_handle_t object,
    unsigned long *size)
{
	UNUSED(s), UNUSED(object), UNUSED(size);
	return refuse(CKR_FUNCTION_NOT_SUPPORTED);
}

ck_rv_t
C_SetAttributeValue(ck_session_handle_t s, ck_object_handle_t object,
    struct ck_attribute *templ, unsigned long count)
{
	UNUSED(s), UNUSED(object), UNUSED(templ), UNUSED(count);
	return refuse(CKR_ACTION_PROHIBITED);
}

ck_rv_t
C_GenerateKey(ck_session_handle_t s, struct ck_mechanism *how,
    struct ck_attribute *templ, unsigned long count, ck_object_handle_t *key)
{
	UNUSED(s), UNUSED(how), UNUSED(templ), UNUSED(count), UNUSED(key);
	return refuse(CKR_FUNCTION_NOT_SUPPORTED);
}

ck_rv_t
C_WrapKey(ck_session_handle_t s, struct ck_mechanism *how,
    ck_object_handle_t wrapping, ck_object_handle_t key, unsigned char *out,
    unsigned long *out_len)
{
	UNUSED(s), UNUSED(how), UNUSED(wrapping), UNUSED(key);
	UNUSED(out), UNUSED(out_len);
	return refuse(CKR_FUNCTION_NOT_SUPPORTED);
}

ck_rv_t
C_UnwrapKey(ck_session_handle_t s, struct ck_mechanism *how,
    ck_object_handle_t unwrapping, unsigned char *wrapped,
    unsigned long wrapped_len, struct ck_attribute *templ,
    unsigned long count, ck_object_handle_t *key)
{
	UNUSED(s), UNUSED(how), UNUSED(unwrapping), UNUSED(wrapped);
	UNUSED(wrapped_len), UNUSED(templ), UNUSED(count), UNUSED(key);
	return refuse(CKR_FUNCTION_NOT_SUPPORTED);
}

ck_rv_t
C_DeriveKey(ck_session_handle_t s, struct ck_mechanism *how,
    ck_object_handle_t base_key, struct ck_attribute *templ,
    unsigned long count, ck_object_handle_t *key)
{
	UNUSED(s), UNUSED(how), UNUSED(base_key), UNUSED(templ);
	UNUSED(count), UNUSED(key);
	return refuse(CKR_FUNCTION_NOT_SUPPORTED);
}

/* The interface wants it writable; nobody writes. */
static struct ck_function_list functions = {
	.version = { 2, 40 },
	.C_Initialize = C_Initialize,
	.C_Finalize = C_Finalize,
	.C_GetInfo = C_GetInfo,
	.C_GetFunctionList = C_GetFunctionList,
	.C_GetSlotList = C_GetSlotList,
	.C_GetSlotInfo = C_GetSlotInfo,
	.C_GetTokenInfo = C_GetTokenInfo,
	.C_GetMechanismList = C_GetMechanismList,
	.C_GetMechanismInfo = C_GetMechanismInfo,
	.C_InitToken = C_InitToken,
	.C_InitPIN = C_InitPIN,
	.C_SetPIN = C_SetPIN,
	.C_OpenSession = C_OpenSession,
	.C_CloseSession = C_CloseSession,
	.C_CloseAllSessions = C_CloseAllSessions,
	.C_GetSessionInfo = C_GetSessionInfo,
	.C_GetOperationState = C_GetOperationState,
	.C_SetOperationState = C_SetOperationState,
	.C_Login = C_Login,
	.C_Logout = C_Logout,
	.C_CreateObject = C_CreateObject,
	.C_CopyObject = C_CopyObject,
	.C_DestroyObject = C_DestroyObject,
	.C_GetObjectSize = C_GetObjectSize,
	.C_GetAttributeValue = C_GetAttributeValue,
	.C_SetAttributeValue = C_SetAttributeValue,
	.C_FindObjectsInit = C_FindObjectsInit,
	.C_FindObjects = C_FindObjects,
	.C_FindObjectsFinal = C_FindObjectsFinal,
	.C_EncryptInit = C_EncryptInit,
	.C_Encrypt = C_Encrypt,
	.C_EncryptUpdate = C_EncryptUpdate,
	.C_EncryptFinal = C_EncryptFinal,
	.C_DecryptInit = C_DecryptInit,
	.C_Decrypt = C_Decrypt,
	.C_DecryptUpdate = C_DecryptUpdate,
	.C_DecryptFinal = C_DecryptFinal,
	.C_DigestInit = C_DigestInit,
	.C_Digest = C_Digest,
	.C_DigestUpdate = C_DigestUpdate,
	.C_DigestKey = C_DigestKey,
	.C_DigestFinal = C_DigestFinal,
	.C_SignInit = C_SignInit,
	.C_Sign = C_Sign,
	.C_SignUpdate = C_SignUpdate,
	.C_SignFinal = C_SignFinal,
	.C_SignRecoverInit = C_SignRecoverInit,
	.C_SignRecover = C_SignRecover,
	.C_VerifyInit = C_VerifyInit,
	.C_Verify = C_Verify,
	.C_VerifyUpdate = C_VerifyUpdate,
	.C_VerifyFinal = C_VerifyFinal,
	.C_VerifyRecoverInit = C_VerifyRecoverInit,
	.C_VerifyRecover = C_VerifyRecover,
	.C_DigestEncryptUpdate = C_DigestEncryptUpdate,
	.C_DecryptDigestUpdate = C_DecryptDigestUpdate,
	.C_SignEncryptUpdate = C_SignEncryptUpdate,
	.C_DecryptVerifyUpdate = C_DecryptVerifyUpdate,
	.C_GenerateKey = C_GenerateKey,
	.C_GenerateKeyPair = C_GenerateKeyPair,
	.C_WrapKey = C_WrapKey,
	.C_UnwrapKey = C_UnwrapKey,
	.C_DeriveKey = C_DeriveKey,
	.C_SeedRandom = C_SeedRandom,
	.C_GenerateRandom = C_GenerateRandom,
	.C_GetFunctionStatus = C_GetFunctionStatus,
	.C_CancelFunction = C_CancelFunction,
	.C_WaitForSlotEvent = C_WaitForSlotEvent,
};

/* The one symbol that leaves the library. */
__attribute__((visibility("default"))) ck_rv_t
C_GetFunctionList(struct ck_function_list **list)
{
	if (list == NULL)
		return CKR_ARGUMENTS_BAD;
	*list = &functions;
	return CKR_OK;
}
