/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * rdphost-logon: what the security authority of a Windows host does with
 * delegated smart card credentials.  It opens the card that they name, which
 * is the redirected one, reads the certificate of the container they name, and
 * gets a ticket with the key and the PIN.
 *
 *	rdphost-logon [--reader R] [--container C] [--user U --domain D]
 *	    [--connect R] --module M --ccache C	PIN on descriptor 3
 *
 * With --connect it first tries a reader that nobody told it of.
 *
 * It says key=value lines.  The last one is outcome=WORD, and a sentence that
 * explains it is in why=; the exit code is 0 for "signed-in" only.
 */

#include <dlfcn.h>
#include <getopt.h>
#include <krb5/krb5.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include <PCSC/winscard.h>

#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "card_names.h"
#include "pki/cert.h"
#include "pki/oid.h"
#include "signin/realm.h"

#define PIN_FD		3
#define PIN_MAX		255
#define SLOTS_MAX	16
#define OBJECTS_MAX	32
#define ID_MAX		64
#define LABEL_MAX	256

struct logon {
	const char *reader_wanted;
	const char *connect;
	const char *container;
	const char *user;
	const char *domain;
	const char *module;
	const char *ccache;
	struct secret pin;
	char *reader;
	/* The card through the module. */
	CK_FUNCTION_LIST *p11;
	CK_RV (*last_login)(void);
	CK_SLOT_ID slot;
	uint8_t id[ID_MAX];
	size_t id_n;
	char *upn;
};

/* The words that tests assert on. */
static int
refuse(const char *outcome, const char *why)
{
	printf("why=%s\noutcome=%s\n", why, outcome);
	return 1;
}

static int
refuse_note(const char *outcome, enum sg_err e)
{
	return refuse(outcome, sg_note(e));
}

/* The reader that the credentials name, or the only one that there is. */
static int
choose_reader(struct logon *l)
{
	SCARDCONTEXT context;
	auto_str names = NULL;
	DWORD n = SCARD_AUTOALLOCATE;
	const char *error = NULL;
	LONG rc;

	rc = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context);
	if (rc != SCARD_S_SUCCESS)
		return refuse("no-card", "no smart card is redirected");
	rc = SCardListReaders(context, NULL, (LPSTR)(void *)&names, &n);
	(void)SCardReleaseContext(context);
	if (rc != SCARD_S_SUCCESS)
		return refuse("no-card", "no smart card reader is redirected");
	for (const char *s = names; *s != 0; s += strlen(s) + 1)
		printf("redirected=%s\n", s);
	if (reader_choose(&l->reader, names, l->reader_wanted, &error) != SG_OK)
		return refuse("no-card", error);
	printf("reader=%s\n", l->reader);
	return 0;
}

/* What a host does that is not content with what it was given. */
static void
connect_other(const char *reader)
{
	SCARDCONTEXT context;
	SCARDHANDLE card;
	DWORD protocol;
	LONG rc;

	if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) !=
	    SCARD_S_SUCCESS)
		return;
	rc = SCardConnect(context, reader, SCARD_SHARE_SHARED,
	    SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card, &protocol);
	printf("connect=0x%08lx\n", (unsigned long)rc & 0xffffffffUL);
	if (rc == SCARD_S_SUCCESS)
		(void)SCardDisconnect(card, SCARD_LEAVE_CARD);
	(void)SCardReleaseContext(context);
}

static int
load_module(struct logon *l)
{
	CK_RV (*list)(CK_FUNCTION_LIST **);
	void *lib = dlopen(l->module, RTLD_NOW | RTLD_LOCAL);

	if (lib == NULL)
		return refuse("broken", dlerror());
	*(void **)&list = dlsym(lib, "C_GetFunctionList");
	*(void **)&l->last_login = dlsym(lib, "rdphost_last_login");
	if (list == NULL || l->last_login == NULL || list(&l->p11) != CKR_OK ||
	    l->p11->C_Initialize(NULL) != CKR_OK)
		return refuse("broken", "the card's module does not start");
	return 0;
}

static bool
slot_is(struct logon *l, CK_SLOT_ID slot)
{
	CK_SLOT_INFO info;
	size_t n = strlen(l->reader);

	if (n > sizeof(info.slotDescription))
		n = sizeof(info.slotDescription);
	return l->p11->C_GetSlotInfo(slot, &info) == CKR_OK &&
	    memcmp(info.slotDescription, l->reader, n) == 0 &&
	    (n == sizeof(info.slotDescription) ||
	    info.slotDescription[n] == ' ');
}

static int
find_slot(struct logon *l)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG n = SLOTS_MAX;

	if (l->p11->C_GetSlotList(CK_TRUE, slots, &n) != CKR_OK)
		n = 0;
	for (CK_ULONG i = 0; i < n; i++) {
		if (!slot_is(l, slots[i]))
			continue;
		l->slot = slots[i];
		return 0;
	}
	return refuse("no-card", "there is no card in the redirected reader, or"
	    " none that this host knows");
}

static CK_ULONG
attribute(struct logon *l, CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o,
    CK_ATTRIBUTE_TYPE type, void *to, size_t room)
{
	CK_ATTRIBUTE a = { type, to, room };

	if (l->p11->C_GetAttributeValue(s, o, &a, 1) != CKR_OK ||
	    a.ulValueLen > room)
		return 0;
	return a.ulValueLen;
}

/* Is it that container's certificate?  Without one: for smart card logon, and
 * with a UPN. */
static bool
take_certificate(struct logon *l, CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o)
{
	static uint8_t der[CERT_MAX];
	char label[LABEL_MAX + 1] = "";
	auto_free(cert) c = NULL;
	CK_ULONG n;

	l->id_n = attribute(l, s, o, CKA_ID, l->id, sizeof(l->id));
	label[attribute(l, s, o, CKA_LABEL, label, LABEL_MAX)] = 0;
	if (l->container != NULL && !container_is(l->container,
	    bytes_of(l->id, l->id_n), label))
		return false;
	n = attribute(l, s, o, CKA_VALUE, der, sizeof(der));
	if (l->id_n == 0 || cert_parse(&c, bytes_of(der, n)) != SG_OK ||
	    c->ext.upn == NULL)
		return false;
	if (l->container == NULL &&
	    !cert_allows(c, "1.3.6.1.4.1.311.20.2.2"))
		return false;
	printf("certificate=%s\nserial=%s\n", c->subject, c->serial);
	return str_dup(&l->upn, c->ext.upn) == SG_OK;
}

static bool
find_certificate(struct logon *l)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_ATTRIBUTE query = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE o[OBJECTS_MAX];
	CK_SESSION_HANDLE s;
	CK_ULONG n = 0;
	bool found = false;

	if (l->p11->C_OpenSession(l->slot, CKF_SERIAL_SESSION, NULL, NULL,
	    &s) != CKR_OK)
		return false;
	if (l->p11->C_FindObjectsInit(s, &query, 1) != CKR_OK ||
	    l->p11->C_FindObjects(s, o, OBJECTS_MAX, &n) != CKR_OK)
		n = 0;
	(void)l->p11->C_FindObjectsFinal(s);
	for (CK_ULONG i = 0; i < n && !found; i++)
		found = take_certificate(l, s, o[i]);
	(void)l->p11->C_CloseSession(s);
	return found;
}

static int
read_card(struct logon *l)
{
	int rc = load_module(l);

	if (rc != 0 || (rc = find_slot(l)) != 0)
		return rc;
	if (!find_certificate(l))
		return refuse("no-certificate", l->container != NULL ?
		    "the card has no certificate in the container that the "
		    "credentials name" : "the card has no certificate for "
		    "smart card logon");
	printf("upn=%s\n", l->upn);
	return 0;
}

/* libkrb5 asks for the PIN here; for a password nobody has one. */
static krb5_error_code
prompter(krb5_context context, void *arg, const char *name, const char *banner,
    int n, krb5_prompt prompts[])
{
	const struct logon *l = arg;
	krb5_prompt_type *types = krb5_get_prompt_types(context);

	(void)name;
	(void)banner;
	for (int i = 0; i < n; i++) {
		if (types == NULL || types[i] != KRB5_PROMPT_TYPE_PREAUTH ||
		    prompts[i].reply->length < l->pin.n)
			return KRB5_LIBOS_CANTREADPWD;
		memcpy(prompts[i].reply->data, l->pin.p, l->pin.n);
		prompts[i].reply->length = (unsigned)l->pin.n;
	}
	return 0;
}

struct ticket {
	krb5_context context;
	krb5_principal client;
	krb5_ccache ccache;
	krb5_get_init_creds_opt *opt;
	krb5_creds creds;
};

static void
ticket_done(struct ticket *t)
{
	if (t->context == NULL)
		return;
	krb5_free_cred_contents(t->context, &t->creds);
	krb5_get_init_creds_opt_free(t->context, t->opt);
	if (t->ccache != NULL)
		(void)krb5_cc_close(t->context, t->ccache);
	krb5_free_principal(t->context, t->client);
	krb5_free_context(t->context);
}

static krb5_error_code
get_ticket(struct ticket *t, struct logon *l, const struct principal *who,
    char *identity)
{
	krb5_error_code e;

	if ((e = krb5_init_context(&t->context)) != 0)
		return e;
	if ((e = krb5_build_principal(t->context, &t->client,
	    (unsigned)strlen(who->realm), who->realm, who->user,
	    (char *)NULL)) != 0 ||
	    (e = krb5_cc_resolve(t->context, l->ccache, &t->ccache)) != 0 ||
	    (e = krb5_get_init_creds_opt_alloc(t->context, &t->opt)) != 0 ||
	    (e = krb5_get_init_creds_opt_set_pa(t->context, t->opt,
	    "X509_user_identity", identity)) != 0 ||
	    (e = krb5_get_init_creds_opt_set_out_ccache(t->context, t->opt,
	    t->ccache)) != 0)
		return e;
	return krb5_get_init_creds_password(t->context, &t->creds, t->client,
	    NULL, prompter, l, 0, NULL, t->opt);
}

/* Of what libkrb5 and the KDC say, what the host's screen says. */
static const struct {
	krb5_error_code code;
	const char *word;
	const char *why;
} refusals[] = {
	{ KRB5KDC_ERR_CLIENT_REVOKED, "revoked", "the account is locked" },
	{ KRB5KDC_ERR_REVOKED_CERTIFICATE, "revoked",
	    "the certificate is revoked" },
	{ KRB5KDC_ERR_CLIENT_NAME_MISMATCH, "other-user",
	    "the certificate is another user's" },
	{ KRB5KDC_ERR_CLIENT_NOT_TRUSTED, "untrusted",
	    "the KDC does not trust the certificate" },
	{ KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN, "unknown-user",
	    "the KDC does not know the user" },
	{ KRB5_KDC_UNREACH, "no-kdc", "no KDC answers" },
};

/* libkrb5 only says that preauthentication failed. */
static int
explain_login(CK_RV rv)
{
	if (rv == CKR_PIN_LOCKED)
		return refuse("blocked", "the card's PIN is blocked");
	if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LEN_RANGE ||
	    rv == CKR_PIN_INVALID)
		return refuse("wrong-pin", "the card refused the PIN");
	return refuse("no-card", "the card did not take the PIN: it is gone, or"
	    " out of order");
}

static int
explain(struct logon *l, krb5_context context, krb5_error_code code)
{
	CK_RV rv = l->last_login();
	const char *text;
	int rc;

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (refusals[i].code == code)
			return refuse(refusals[i].word, refusals[i].why);
	if (rv != CKR_OK) {
		printf("login=0x%lx\n", rv);
		return explain_login(rv);
	}
	if (context == NULL)
		return refuse("refused", "Kerberos is not set up here");
	text = krb5_get_error_message(context, code);
	printf("krb5=%ld\n", (long)code);
	rc = refuse("refused", text);
	krb5_free_error_message(context, text);
	return rc;
}

static int
sign_in(struct logon *l)
{
	__attribute__((cleanup(ticket_done))) struct ticket t = { 0 };
	auto_done(principal) who = { 0 };
	auto_str name = NULL;
	auto_str id = NULL;
	auto_str identity = NULL;
	krb5_error_code code;
	enum sg_err e;

	e = l->user == NULL ? str_dup(&name, l->upn)
	    : str_printf(&name, "%s@%s", l->user, l->domain);
	if (e != SG_OK || (e = principal_parse(&who, name)) != SG_OK)
		return refuse_note("no-certificate", e);
	printf("principal=%s@%s\n", who.user, who.realm);
	if ((e = hex_encode(&id, bytes_of(l->id, l->id_n))) != SG_OK ||
	    (e = str_printf(&identity, "PKCS11:module_name=%s:slotid=%lu:"
	    "certid=%s", l->module, l->slot, id)) != SG_OK)
		return refuse_note("broken", e);
	(void)fflush(stdout);
	code = get_ticket(&t, l, &who, identity);
	if (code != 0)
		return explain(l, t.context, code);
	printf("why=signed in as %s@%s\noutcome=signed-in\n", who.user,
	    who.realm);
	return 0;
}

static bool
parse(struct logon *l, int argc, char **argv)
{
	static const struct option options[] = {
		{ "reader", required_argument, NULL, 'r' },
		{ "connect", required_argument, NULL, 'o' },
		{ "container", required_argument, NULL, 'c' },
		{ "user", required_argument, NULL, 'u' },
		{ "domain", required_argument, NULL, 'd' },
		{ "module", required_argument, NULL, 'm' },
		{ "ccache", required_argument, NULL, 'k' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'r': l->reader_wanted = optarg; break;
		case 'o': l->connect = optarg; break;
		case 'c': l->container = optarg; break;
		case 'u': l->user = optarg; break;
		case 'd': l->domain = optarg; break;
		case 'm': l->module = optarg; break;
		case 'k': l->ccache = optarg; break;
		default: return false;
		}
	}
	return l->module != NULL && l->ccache != NULL && optind == argc &&
	    (l->user == NULL) == (l->domain == NULL);
}

int
main(int argc, char **argv)
{
	struct logon l = { 0 };
	int rc = 2;

	/* The PIN is in here. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	if (!parse(&l, argc, argv) ||
	    secret_init(&l.pin, PIN_MAX) != SG_OK ||
	    file_read_secret_line(&l.pin, PIN_FD) != SG_OK) {
		(void)refuse("broken", "usage, or no PIN");
		return rc;
	}
	if (l.connect != NULL)
		connect_other(l.connect);
	rc = choose_reader(&l);
	if (rc == 0)
		rc = read_card(&l);
	if (rc == 0)
		rc = sign_in(&l);
	if (l.p11 != NULL)
		(void)l.p11->C_Finalize(NULL);
	secret_done(&l.pin);
	free(l.reader);
	free(l.upn);
	return rc;
}
