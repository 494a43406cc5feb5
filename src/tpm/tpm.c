/* SPDX-License-Identifier: BSD-2-Clause */
#include "tpm/tpm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_mu.h>
#include <unistd.h>

#include "tpm/context.h"
#include "tpm/loaded.h"

#define DEVICE		"/dev/tpmrm0"
#define SRK_HANDLE	0x81000001	/* TCG provisioning guidance, 7.5.1 */
#define HANDLES_MAX	64
/* TPM2_TRANSIENT_FIRST shifts a bit into the sign of an int. */
#define TRANSIENT_FIRST	0x80000000

void
tpm_quiet(void)
{
	(void)setenv("TSS2_LOG", "all+none", 0);
}

void
esys_auto_free(void *p)
{
	void *what;

	memcpy(&what, p, sizeof(what));
	Esys_Free(what);
}

static size_t
auth_len(const struct secret *auth)
{
	size_t n = auth->n;

	while (n > 0 && auth->p[n - 1] == 0)
		n--;
	return n;
}

enum sg_err
auth_value(const struct secret *auth, struct secret *out)
{
	TPM2B_AUTH *a;
	size_t n = auth_len(auth);

	if (n > SHA256_LEN)
		return sg_fail(SG_EINTERNAL, "an auth value of %zu bytes", n);
	SG_TRY(secret_init(out, sizeof(*a)));
	out->n = sizeof(*a);
	a = (TPM2B_AUTH *)(void *)out->p;
	a->size = (UINT16)n;
	if (n > 0)
		memcpy(a->buffer, auth->p, n);
	return SG_OK;
}

void
handle_done(struct handle *h)
{
	static const TPM2B_AUTH zero = { .size = SHA256_LEN };

	/* Errors have nobody to go to; whatever stays is flushed at the next
	 * tpm_open() or by the resource manager. */
	if (h->kind == HANDLE_INDEX || h->kind == HANDLE_BORROWED) {
		(void)Esys_TR_SetAuth(h->t->esys, h->tr, &zero);
		(void)Esys_TR_SetAuth(h->t->esys, h->tr, NULL);
	}
	if (h->kind == HANDLE_INDEX)
		(void)Esys_TR_Close(h->t->esys, &h->tr);
	if (h->kind == HANDLE_FLUSH && !tpm_gone(h->t))
		(void)Esys_FlushContext(h->t->esys, h->tr);
	*h = (struct handle) { .tr = ESYS_TR_NONE };
}

/* Where a session's copy of the auth value lies in its serialized form, or
 * NULL. */
static uint8_t *
proved(uint8_t *p, size_t n, const struct secret *auth)
{
	size_t len = auth_len(auth);

	return len == 0 ? NULL : memmem(p, n, auth->p, len);
}

/*
 * tss2 leaves the auth value that a session last proved in the session, until
 * it proves another one.  So the session is replaced by a copy of itself that
 * lacks it; the TPM does not notice.
 */
void
tpm_forget(struct tpm *t, const struct secret *auth)
{
	ESYS_TR fresh;
	uint8_t *p = NULL, *at;
	size_t n = 0;

	if (auth->n == 0 || t->session == ESYS_TR_NONE ||
	    Esys_TR_Serialize(t->esys, t->session, &p, &n) != TSS2_RC_SUCCESS)
		return;
	at = proved(p, n, auth);
	if (at != NULL)
		wipe(at, auth_len(auth));
	if (at != NULL && Esys_TR_Deserialize(t->esys, p, n, &fresh) ==
	    TSS2_RC_SUCCESS) {
		(void)Esys_TR_Close(t->esys, &t->session);
		t->session = fresh;
	}
	Esys_Free(p);
}

static bool
has_manager(const char *tcti)
{
	return strncmp(tcti, "tabrmd", strlen("tabrmd")) == 0 ||
	    strstr(tcti, "tpmrm") != NULL;
}

static enum sg_err
device_check(void)
{
	if (access(DEVICE, R_OK | W_OK) == 0)
		return SG_OK;
	if (errno == EACCES)
		return sg_fail(SG_ETPM, DEVICE " may not be opened: this "
		    "program has to run in its group (tss)");
	return sg_fail(SG_ETPM, "there is no " DEVICE ": switch the TPM 2.0 "
	    "(fTPM, PTT) on in the firmware's settings, or run a software "
	    "TPM and name it, as in tcti = swtpm:path=/run/swtpm/socket");
}

static enum sg_err
flush_all(struct tpm *t, TPM2_HANDLE first)
{
	TPMS_CAPABILITY_DATA auto_esys *cap = NULL;
	TPMI_YES_NO more;

	SG_TRY(tpm_rc(t, Esys_GetCapability(t->esys, ESYS_TR_NONE,
	    ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES, first, HANDLES_MAX,
	    &more, &cap), "listing what is loaded"));
	for (UINT32 i = 0; i < cap->data.handles.count; i++) {
		ESYS_TR tr;

		SG_TRY(tpm_rc(t, Esys_TR_FromTPMPublic(t->esys,
		    cap->data.handles.handle[i], ESYS_TR_NONE, ESYS_TR_NONE,
		    ESYS_TR_NONE, &tr), "looking at a leftover"));
		SG_TRY(tpm_rc(t, Esys_FlushContext(t->esys, tr),
		    "flushing a leftover"));
	}
	return SG_OK;
}

/*
 * A client that dies leaves its objects and sessions behind where no resource
 * manager cleans up, and three of each fill such a TPM (0x902, 0x903).  We are
 * its only client, so whatever is loaded now is such a leftover.
 */
static enum sg_err
flush_stale(struct tpm *t)
{
	SG_TRY(flush_all(t, TRANSIENT_FIRST));
	return flush_all(t, TPM2_LOADED_SESSION_FIRST);
}

/* TCG EK credential profile template L-2 as a storage key. */
static TPM2B_PUBLIC
srk_template(void)
{
	return (TPM2B_PUBLIC) { .publicArea = {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM |
		    TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
		    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA |
		    TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT,
		.parameters.eccDetail = {
			.symmetric = {
				.algorithm = TPM2_ALG_AES,
				.keyBits.aes = 128,
				.mode.aes = TPM2_ALG_CFB,
			},
			.scheme.scheme = TPM2_ALG_NULL,
			.curveID = TPM2_ECC_NIST_P256,
			.kdf.scheme = TPM2_ALG_NULL,
		},
		.unique.ecc = { .x.size = 32, .y.size = 32 },
	} };
}

/* We make a P-256 key; Windows makes an RSA one, and it stays in the TPM. */
static bool
is_storage_key(const TPMT_PUBLIC *p)
{
	const TPMA_OBJECT mask = TPMA_OBJECT_FIXEDTPM |
	    TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
	    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_RESTRICTED |
	    TPMA_OBJECT_DECRYPT | TPMA_OBJECT_SIGN_ENCRYPT;
	const TPMT_SYM_DEF_OBJECT *cipher = p->type == TPM2_ALG_RSA ?
	    &p->parameters.rsaDetail.symmetric :
	    &p->parameters.eccDetail.symmetric;

	if (p->nameAlg != TPM2_ALG_SHA256 ||
	    (p->objectAttributes & mask) != (mask ^ TPMA_OBJECT_SIGN_ENCRYPT))
		return false;
	if (cipher->algorithm != TPM2_ALG_AES || cipher->keyBits.aes != 128)
		return false;
	if (p->type == TPM2_ALG_ECC)
		return p->parameters.eccDetail.curveID == TPM2_ECC_NIST_P256;
	return p->type == TPM2_ALG_RSA &&
	    p->parameters.rsaDetail.keyBits == 2048;
}

static enum sg_err
srk_check(struct tpm *t)
{
	TPM2B_PUBLIC auto_esys *pub = NULL;

	SG_TRY(tpm_rc(t, Esys_ReadPublic(t->esys, t->srk, ESYS_TR_NONE,
	    ESYS_TR_NONE, ESYS_TR_NONE, &pub, NULL, NULL),
	    "reading the storage root key"));
	if (is_storage_key(&pub->publicArea))
		return SG_OK;
	return sg_fail(SG_ETPM, "the TPM's persistent object 0x%x is not a "
	    "storage root key (P-256 or RSA-2048 with AES-128); somebody else "
	    "put it there", SRK_HANDLE);
}

static enum sg_err
srk_make(struct tpm *t)
{
	auto_done(handle) primary = { .t = t };
	const TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	const TPM2B_PUBLIC template = srk_template();
	const TPM2B_DATA no_data = { 0 };
	const TPML_PCR_SELECTION no_pcr = { 0 };

	SG_TRY(tpm_rc_owner(t, Esys_CreatePrimary(t->esys, ESYS_TR_RH_OWNER,
	    ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive,
	    &template, &no_data, &no_pcr, &primary.tr, NULL, NULL, NULL, NULL),
	    "making the storage root key"));
	primary.kind = HANDLE_FLUSH;
	return tpm_rc_owner(t, Esys_EvictControl(t->esys, ESYS_TR_RH_OWNER,
	    primary.tr, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
	    SRK_HANDLE, &t->srk), "keeping the storage root key");
}

static enum sg_err
srk_name_get(struct tpm *t)
{
	TPM2B_NAME auto_esys *name = NULL;

	SG_TRY(tpm_rc(t, Esys_TR_GetName(t->esys, t->srk, &name),
	    "naming the storage root key"));
	if (name->size != sizeof(t->srk_name.d))
		return sg_fail(SG_ETPM, "the storage root key's name is odd");
	memcpy(t->srk_name.d, name->name, sizeof(t->srk_name.d));
	return SG_OK;
}

void
tpm_look_again(struct tpm *t)
{
	TPM2B_NAME auto_esys *name = NULL;

	if (Esys_ReadPublic(t->esys, t->srk, ESYS_TR_NONE, ESYS_TR_NONE,
	    ESYS_TR_NONE, NULL, &name, NULL) != TSS2_RC_SUCCESS ||
	    name->size != sizeof(t->srk_name.d) ||
	    memcmp(name->name, t->srk_name.d, name->size) != 0)
		t->lost = true;
}

static enum sg_err
srk_find(struct tpm *t)
{
	TSS2_RC rc = Esys_TR_FromTPMPublic(t->esys, SRK_HANDLE, ESYS_TR_NONE,
	    ESYS_TR_NONE, ESYS_TR_NONE, &t->srk);

	if (rc_base(rc) == TPM2_RC_HANDLE)
		SG_TRY(srk_make(t));
	else
		SG_TRY(tpm_rc(t, rc, "looking for the storage root key"));
	SG_TRY(srk_check(t));
	return srk_name_get(t);
}

enum sg_err
tpm_open(struct tpm **out, const char *tcti)
{
	auto_free(tpm) t = calloc(1, sizeof(*t));

	if (t == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	t->srk = t->session = t->policy = ESYS_TR_NONE;
	for (size_t i = 0; i < KEYS_LOADED_MAX; i++)
		t->keys[i].key = t->keys[i].login = ESYS_TR_NONE;
	if (tcti == NULL) {
		SG_TRY(device_check());
		tcti = "device:" DEVICE;
	}
	SG_TRY(tcti_init(&t->tcti, tcti));
	t->sole = !has_manager(tcti);
	SG_TRY(tpm_rc(t, Esys_Initialize(&t->esys, tcti_context(&t->tcti),
	    NULL), "connecting"));
	if (t->sole)
		SG_TRY(flush_stale(t));
	SG_TRY(srk_find(t));
	*out = t;
	t = NULL;
	return SG_OK;
}

void
tpm_free(struct tpm *t)
{
	if (t == NULL)
		return;
	if (t->esys != NULL && !tpm_gone(t)) {
		keys_forget(t);
		if (t->session != ESYS_TR_NONE)
			(void)Esys_FlushContext(t->esys, t->session);
		/* The kernel or the resource manager does this for others. */
		if (t->sole)
			(void)Esys_Shutdown(t->esys, ESYS_TR_NONE,
			    ESYS_TR_NONE, ESYS_TR_NONE, TPM2_SU_CLEAR);
	}
	Esys_Finalize(&t->esys);
	tcti_done(&t->tcti);
	free(t);
}

bool
tpm_gone(const struct tpm *t)
{
	return t->lost || t->tcti.broken;
}

bool
tpm_was_reset(const struct tpm *t)
{
	return t->lost && !t->tcti.broken;
}

struct bytes
tpm_srk_name(const struct tpm *t)
{
	return name_bytes(&t->srk_name);
}

unsigned long
tpm_commands(const struct tpm *t)
{
	return t->tcti.sent;
}

enum sg_err
tpm_session_mode(struct tpm *t, ESYS_TR session, TPMA_SESSION mode)
{
	return tpm_rc(t, Esys_TRSess_SetAttributes(t->esys, session,
	    TPMA_SESSION_CONTINUESESSION | mode, 0xff), "using a session");
}

enum sg_err
tpm_session_start(struct tpm *t, TPM2_SE type, bool salted, ESYS_TR *out)
{
	const TPMT_SYM_DEF aes = {
		.algorithm = TPM2_ALG_AES,
		.keyBits.aes = 128,
		.mode.aes = TPM2_ALG_CFB,
	};
	const TPMT_SYM_DEF none = { .algorithm = TPM2_ALG_NULL };

	return tpm_rc(t, Esys_StartAuthSession(t->esys,
	    salted ? t->srk : ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
	    ESYS_TR_NONE, ESYS_TR_NONE, NULL, type, salted ? &aes : &none,
	    TPM2_ALG_SHA256, out), "starting a session");
}

enum sg_err
tpm_ready(struct tpm *t, const uint8_t srk_name[TPM_NAME_LEN])
{
	if (tpm_gone(t))
		return sg_fail(SG_ETPM, "the connection to the TPM is lost");
	if (memcmp(t->srk_name.d, srk_name, TPM_NAME_LEN) != 0)
		return sg_fail(SG_ENOENT, "the TPM's storage root key is not "
		    "the one this container was made with: the TPM was "
		    "cleared, or it is another TPM");
	if (t->session != ESYS_TR_NONE)
		return SG_OK;
	return tpm_session_start(t, TPM2_SE_HMAC, true, &t->session);
}

static enum sg_err
property(struct tpm *t, UINT32 which, UINT32 *out)
{
	TPMS_CAPABILITY_DATA auto_esys *cap = NULL;
	TPMI_YES_NO more;

	SG_TRY(tpm_rc(t, Esys_GetCapability(t->esys, ESYS_TR_NONE,
	    ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_TPM_PROPERTIES, which, 1,
	    &more, &cap), "asking for the TPM's properties"));
	if (cap->data.tpmProperties.count < 1 ||
	    cap->data.tpmProperties.tpmProperty[0].property != which)
		return sg_fail(SG_ETPM, "the TPM lacks property 0x%x", which);
	*out = cap->data.tpmProperties.tpmProperty[0].value;
	return SG_OK;
}

enum sg_err
tpm_info(struct tpm *t, struct tpm_info *out)
{
	UINT32 maker, high, low, state, counter;
	struct tpm_info info = { 0 };

	SG_TRY(property(t, TPM2_PT_MANUFACTURER, &maker));
	SG_TRY(property(t, TPM2_PT_FIRMWARE_VERSION_1, &high));
	SG_TRY(property(t, TPM2_PT_FIRMWARE_VERSION_2, &low));
	SG_TRY(property(t, TPM2_PT_PERMANENT, &state));
	SG_TRY(property(t, TPM2_PT_LOCKOUT_COUNTER, &counter));
	for (int i = 0; i < 4; i++)
		info.maker[i] = (char)(maker >> (24 - 8 * i) & 0x7f);
	(void)snprintf(info.firmware, sizeof(info.firmware), "%u.%u.%u.%u",
	    high >> 16, high & 0xffff, low >> 16, low & 0xffff);
	info.in_lockout = (state & TPMA_PERMANENT_INLOCKOUT) != 0;
	info.lockout_counter = counter;
	*out = info;
	return SG_OK;
}
