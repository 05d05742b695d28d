/* A library with the functions of GM/T 0018 that Baozhen uses, for tests on machines with a C
 * compiler. It computes SM2 with the system's libcrypto, which it finds at run time, so that no
 * header of it is needed. The key is made when the library is first used and dies with it. */

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SDR_OK 0x0
#define SDR_OPENDEVICE 0x01000005
#define SDR_PARDENY 0x01000007
#define SDR_KEYNOTEXIST 0x01000008
#define SDR_SIGNERR 0x0100000D
#define SDR_STEPERR 0x01000010
#define SDR_PRKRERR 0x01000018
#define SDR_INARGERR 0x0100001D

#define FIELD 64
#define NUMBER 32
#define KEY_INDEX 1

static const char PIN[] = "a long device pin";

typedef struct {
    unsigned int bits;
    unsigned char x[FIELD];
    unsigned char y[FIELD];
} ECCrefPublicKey;

typedef struct {
    unsigned char r[FIELD];
    unsigned char s[FIELD];
} ECCSignature;

typedef struct {
    unsigned char IssuerName[40];
    unsigned char DeviceName[16];
    unsigned char DeviceSerial[16];
    unsigned int DeviceVersion;
    unsigned int StandardVersion;
    unsigned int AsymAlgAbility[2];
    unsigned int SymAlgAbility;
    unsigned int HashAlgAbility;
    unsigned int BufferSize;
} DEVICEINFO;

typedef struct {
    int granted;
} session;

static void *(*ctx_new)(void *, void *);
static void (*ctx_free)(void *);
static int (*sign_init)(void *);
static int (*sign)(void *, unsigned char *, size_t *, const unsigned char *, size_t);
static unsigned char point[1 + 2 * NUMBER];
static void *key;

static int make_key(void)
{
    void *lib = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
    if (lib == NULL)
        return 0;
    void *(*from_name)(void *, const char *, const char *) =
        dlsym(lib, "EVP_PKEY_CTX_new_from_name");
    int (*keygen_init)(void *) = dlsym(lib, "EVP_PKEY_keygen_init");
    int (*generate)(void *, void **) = dlsym(lib, "EVP_PKEY_generate");
    int (*octets)(void *, const char *, unsigned char *, size_t, size_t *) =
        dlsym(lib, "EVP_PKEY_get_octet_string_param");
    ctx_new = dlsym(lib, "EVP_PKEY_CTX_new");
    ctx_free = dlsym(lib, "EVP_PKEY_CTX_free");
    sign_init = dlsym(lib, "EVP_PKEY_sign_init");
    sign = dlsym(lib, "EVP_PKEY_sign");

    void *ctx = from_name(NULL, "SM2", NULL);
    size_t length = 0;
    int made = ctx != NULL && keygen_init(ctx) == 1 && generate(ctx, &key) == 1
        && octets(key, "pub", point, sizeof point, &length) == 1 && length == sizeof point;
    ctx_free(ctx);
    return made;
}

/* Copies the DER INTEGER at `from` right-aligned into a wide field; returns what follows it. */
static const unsigned char *place(const unsigned char *from, unsigned char *field)
{
    size_t length = from[1];
    const unsigned char *content = from + 2;
    const unsigned char *next = content + length;
    while (length > NUMBER) {
        content++;
        length--;
    }
    memset(field, 0, FIELD);
    memcpy(field + FIELD - length, content, length);
    return next;
}

int SDF_OpenDevice(void **device)
{
    if (key == NULL && !make_key())
        return SDR_OPENDEVICE;
    *device = malloc(1);
    return SDR_OK;
}

int SDF_CloseDevice(void *device)
{
    free(device);
    return SDR_OK;
}

int SDF_OpenSession(void *device, void **opened)
{
    if (device == NULL)
        return SDR_STEPERR;
    *opened = calloc(1, sizeof(session));
    return SDR_OK;
}

int SDF_CloseSession(void *opened)
{
    free(opened);
    return SDR_OK;
}

int SDF_GetDeviceInfo(void *opened, DEVICEINFO *info)
{
    if (opened == NULL)
        return SDR_STEPERR;
    memset(info, 0, sizeof *info);
    memcpy(info->IssuerName, "\xca\xbe\xc0\xfd\xb3\xa7\xc9\xcc", 8); /* 示例厂商 in GB 18030 */
    memcpy(info->DeviceName, "SOFT-1", 6);
    memcpy(info->DeviceSerial, "SN20250001", 10);
    return SDR_OK;
}

int SDF_GetPrivateKeyAccessRight(void *opened, unsigned int index, unsigned char *pin,
                                 unsigned int length)
{
    if (opened == NULL)
        return SDR_STEPERR;
    if (index != KEY_INDEX)
        return SDR_KEYNOTEXIST;
    if (length != sizeof PIN - 1 || memcmp(pin, PIN, length) != 0)
        return SDR_PRKRERR;
    ((session *)opened)->granted = 1;
    return SDR_OK;
}

int SDF_ExportSignPublicKey_ECC(void *opened, unsigned int index, ECCrefPublicKey *out)
{
    if (opened == NULL)
        return SDR_STEPERR;
    if (index != KEY_INDEX)
        return SDR_KEYNOTEXIST;
    memset(out, 0, sizeof *out);
    out->bits = 8 * NUMBER;
    memcpy(out->x + FIELD - NUMBER, point + 1, NUMBER);
    memcpy(out->y + FIELD - NUMBER, point + 1 + NUMBER, NUMBER);
    return SDR_OK;
}

int SDF_InternalSign_ECC(void *opened, unsigned int index, unsigned char *data,
                         unsigned int length, ECCSignature *out)
{
    unsigned char der[80];
    size_t der_length = sizeof der;
    if (opened == NULL || !((session *)opened)->granted || index != KEY_INDEX)
        return SDR_PARDENY;
    if (length != NUMBER)
        return SDR_INARGERR;
    void *ctx = ctx_new(key, NULL);
    int done = ctx != NULL && sign_init(ctx) == 1
        && sign(ctx, der, &der_length, data, length) == 1;
    ctx_free(ctx);
    if (!done)
        return SDR_SIGNERR;
    place(place(der + 2, out->r), out->s);
    return SDR_OK;
}
