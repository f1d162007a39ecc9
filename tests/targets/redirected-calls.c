/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls several hundred functions of libc, libm, libcrypto and libstdc++ with fixed inputs and prints what they give.
 * For: the same results whether or not the functions of these libraries are redirected. It uses nothing of its own to
 * redirect anything: the test does that from outside while it waits for a command.
 *
 * Commands: `where` prints a line `NAME ADDRESS` for each function, then `end`; `call` prints a line `NAME RESULT` for each,
 * then `end`; `map ADDRESS...` maps a page, to be read and executed, at each and answers `ok` or `no ADDRESS`. All numbers
 * are hexadecimal.
 */
#include "target.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <locale.h>
#include <math.h>
#include <regex.h>
#include <search.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <wchar.h>

enum { LINE = 1 << 18, RESULT = 4096 };

static char result[RESULT];
static size_t used;

static void out(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(result + used, RESULT - used, format, arguments);
    va_end(arguments);
    if (length > 0 && used + (size_t)length < RESULT)
        used += (size_t)length;
}

static void out_bytes(const void *data, size_t length)
{
    for (size_t i = 0; i < length; i++)
        out("%02x", ((const unsigned char *)data)[i]);
}

static const char *const texts[] = {"", "a", "abc", "The quick brown fox jumps over the lazy dog", "  -12345xyz", "0x7fffffffffffffff", "3.14159e-7junk",
    "/usr/lib/libfox.so.1", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"};
static const double numbers[] = {0.0, 0.5, -0.75, 1.0, 2.5, -3.25, 10.125, 1e-8, 123456.789, 0.9999999};
#define COUNT(a) (sizeof(a) / sizeof *(a))
#define EACH_TEXT(t) for (size_t t##_i = 0; t##_i < COUNT(texts); t##_i++) for (const char *t = texts[t##_i]; t; t = NULL)
#define EACH_NUMBER(x) for (size_t x##_i = 0; x##_i < COUNT(numbers); x##_i++) for (double x = numbers[x##_i], *x##_once = &x; x##_once; x##_once = NULL)

/* --- by shape --- */
static void d_d(void *f) { EACH_NUMBER(x) out("%a ", ((double (*)(double))f)(x)); }
static void f_f(void *f) { EACH_NUMBER(x) out("%a ", (double)((float (*)(float))f)((float)x)); }
static void l_l(void *f) { EACH_NUMBER(x) out("%La ", ((long double (*)(long double))f)((long double)x)); }
static void d_dd(void *f) { EACH_NUMBER(x) EACH_NUMBER(y) out("%a ", ((double (*)(double, double))f)(x, y)); }
static void f_ff(void *f) { EACH_NUMBER(x) EACH_NUMBER(y) out("%a ", (double)((float (*)(float, float))f)((float)x, (float)y)); }
static void i_d(void *f) { EACH_NUMBER(x) if (x > -1e9) out("%ld ", ((long (*)(double))f)(x)); }
static void d_di(void *f) { EACH_NUMBER(x) out("%a ", ((double (*)(double, int))f)(x, 5)); }
static void d_ddd(void *f) { EACH_NUMBER(x) out("%a ", ((double (*)(double, double, double))f)(x, 1.5, -2.25)); }
static void d_dpi(void *f) { EACH_NUMBER(x) { int e = 0; out("%a ", ((double (*)(double, int *))f)(x, &e)); out("%d ", e); } }
static void d_dpd(void *f) { EACH_NUMBER(x) { double e = 0; out("%a ", ((double (*)(double, double *))f)(x, &e)); out("%a ", e); } }
static void d_id(void *f) { EACH_NUMBER(x) out("%a ", ((double (*)(int, double))f)(2, x)); }
static void v_dpp(void *f) { EACH_NUMBER(x) { double s = 0, c = 0; ((void (*)(double, double *, double *))f)(x, &s, &c); out("%a %a ", s, c); } }
static void u_i(void *f) { for (int c = 0; c < 256; c++) out("%d", ((int (*)(int))f)(c) != 0); }
static void c_i(void *f) { for (int c = 0; c < 256; c++) out("%x", ((int (*)(int))f)(c)); }
static void n_s(void *f) { EACH_TEXT(s) out("%ld ", ((long (*)(const char *))f)(s)); }
static void i_ss(void *f) { EACH_TEXT(a) EACH_TEXT(b) { int r = ((int (*)(const char *, const char *))f)(a, b); out("%d ", (r > 0) - (r < 0)); } }
static void i_ssn(void *f) { EACH_TEXT(a) EACH_TEXT(b) { int r = ((int (*)(const char *, const char *, size_t))f)(a, b, 3); out("%d ", (r > 0) - (r < 0)); } }
static void p_si(void *f) { EACH_TEXT(s) { char *r = ((char *(*)(const char *, int))f)(s, 'o'); out("%td ", r ? r - s : -1); } }
static void p_ss(void *f) { EACH_TEXT(a) EACH_TEXT(b) { char *r = ((char *(*)(const char *, const char *))f)(a, b); out("%td ", r ? r - a : -1); } }
static void n_ss(void *f) { EACH_TEXT(a) EACH_TEXT(b) out("%zu ", ((size_t (*)(const char *, const char *))f)(a, b)); }
static void p_mcn(void *f) { EACH_TEXT(s) { char *r = ((char *(*)(const void *, int, size_t))f)(s, 'o', strlen(s)); out("%td ", r ? r - s : -1); } }
static void n_sn(void *f) { EACH_TEXT(s) out("%zu ", ((size_t (*)(const char *, size_t))f)(s, 5)); }
static void c_ds(void *f) { EACH_TEXT(s) { char b[256] = "0123"; ((char *(*)(char *, const char *))f)(b, s); out("%s|", b); } }
static void c_dsn(void *f) { EACH_TEXT(s) { char b[256] = "0123"; ((char *(*)(char *, const char *, size_t))f)(b, s, 7); out_bytes(b, 12); } }
static void m_dsn(void *f) { char b[512]; for (int i = 0; i < 512; i++) b[i] = (char)i; for (size_t n = 0; n < 200; n += 13) ((void *(*)(void *, const void *, size_t))f)(b + n, b + 100, n); out_bytes(b, 512); }
static void m_dcn(void *f) { char b[512] = {0}; for (size_t n = 0; n < 200; n += 13) ((void *(*)(void *, int, size_t))f)(b + n, (int)n, n); out_bytes(b, 512); }
static void l_spi(void *f) { EACH_TEXT(s) { char *e = NULL; out("%ld ", ((long (*)(const char *, char **, int))f)(s, &e, 0)); out("%td ", e - s); } }
static void d_sp(void *f) { EACH_TEXT(s) { char *e = NULL; out("%a ", ((double (*)(const char *, char **))f)(s, &e)); out("%td ", e - s); } }
static void s_i(void *f) { for (int i = 0; i < 140; i += 3) { char *s = ((char *(*)(int))f)(i); out("%s|", s ? s : "-"); } }
static void a_l(void *f) { for (long i = -300; i < 300; i += 77) out("%ld ", ((long (*)(long))f)(i)); }
static void a_i(void *f) { for (int i = -300; i < 300; i += 77) out("%d ", ((int (*)(int))f)(i)); }
static void w_w(void *f) { const wchar_t *t[] = {L"", L"a", L"wide characters", L"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"}; for (int i = 0; i < 4; i++) out("%zu ", ((size_t (*)(const wchar_t *))f)(t[i])); }
static void w_ww(void *f) { const wchar_t *t[] = {L"", L"a", L"wide characters", L"aab"}; for (int i = 0; i < 16; i++) out("%d ", ((int (*)(const wchar_t *, const wchar_t *))f)(t[i / 4], t[i % 4]) > 0); }
static void w_wc(void *f) { const wchar_t *t[] = {L"", L"a", L"wide characters", L"aab"}; for (int i = 0; i < 4; i++) { wchar_t *r = ((wchar_t *(*)(const wchar_t *, wchar_t))f)(t[i], L'c'); out("%td ", r ? r - t[i] : -1); } }
static void h_h(void *f) { for (unsigned i = 1; i < 70000; i += 4321) out("%x ", ((unsigned (*)(unsigned))f)(i)); }

/* --- one by one --- */
static int by_value(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
static int by_value_r(const void *a, const void *b, void *x) { ++*(int *)x; return *(const int *)a - *(const int *)b; }
static void do_qsort(void *f) { int v[200]; for (int i = 0; i < 200; i++) v[i] = i * 7919 % 211; ((void (*)(void *, size_t, size_t, int (*)(const void *, const void *)))f)(v, 200, sizeof *v, by_value); out_bytes(v, sizeof v); }
static void do_qsort_r(void *f) { int v[99], n = 0; for (int i = 0; i < 99; i++) v[i] = i * 7919 % 211; ((void (*)(void *, size_t, size_t, int (*)(const void *, const void *, void *), void *))f)(v, 99, sizeof *v, by_value_r, &n); out_bytes(v, sizeof v); out(" %d", n); }
static void do_bsearch(void *f) { int v[50]; for (int i = 0; i < 50; i++) v[i] = 3 * i; for (int k = 0; k < 160; k += 5) { int *r = ((void *(*)(const void *, const void *, size_t, size_t, int (*)(const void *, const void *)))f)(&k, v, 50, sizeof *v, by_value); out("%td ", r ? r - v : -1); } }
static void do_gmtime_r(void *f) { for (time_t t = -1000000000; t < 4000000000; t += 777777777) { struct tm m; ((struct tm *(*)(const time_t *, struct tm *))f)(&t, &m); out("%d-%d-%d %d:%d:%d %d %d ", m.tm_year, m.tm_mon, m.tm_mday, m.tm_hour, m.tm_min, m.tm_sec, m.tm_wday, m.tm_yday); } }
static void do_timegm(void *f) { for (int y = 70; y < 200; y += 13) { struct tm m = {.tm_year = y, .tm_mon = 14, .tm_mday = 40, .tm_hour = 30}; out("%ld ", (long)((time_t (*)(struct tm *))f)(&m)); } }
static void do_strftime(void *f) { struct tm m = {.tm_year = 95, .tm_mon = 6, .tm_mday = 13, .tm_hour = 7, .tm_yday = 193, .tm_wday = 4}; char b[256]; size_t n = ((size_t (*)(char *, size_t, const char *, const struct tm *))f)(b, sizeof b, "%A %a %B %b %c %d %H %I %j %m %M %p %S %U %w %W %x %X %y %Y %%", &m); out("%zu %s", n, b); }
static void do_strptime(void *f) { struct tm m = {0}; char *r = ((char *(*)(const char *, const char *, struct tm *))f)("1995-07-13 07:08:09 rest", "%Y-%m-%d %H:%M:%S", &m); out("%s %d %d %d %d", r ? r : "-", m.tm_year, m.tm_mon, m.tm_mday, m.tm_sec); }
static void do_asctime_r(void *f) { struct tm m = {.tm_year = 95, .tm_mon = 6, .tm_mday = 13, .tm_wday = 4}; char b[64]; out("%.24s", ((char *(*)(const struct tm *, char *))f)(&m, b)); }
static void do_snprintf(void *f) { char b[512]; int n = ((int (*)(char *, size_t, const char *, ...))f)(b, sizeof b, "%d %5.3f %-10s| %#x %e %g %c %lld %zu %Lf %ls %p", -42, 3.14159, "left", 255, 1e100, 0.0001, 'z', 1LL << 40, (size_t)7, 2.5L, L"wide", (void *)0x1234); out("%d %s", n, b); }
static void do_sscanf(void *f) { int a = 0, n; float x = 0; char s[32] = ""; long h = 0; n = ((int (*)(const char *, const char *, ...))f)("-17 2.75 word ff", "%d %f %31s %lx", &a, &x, s, &h); out("%d %d %f %s %lx", n, a, (double)x, s, h); }
static void do_strtok_r(void *f) { char b[] = "a,b;;c d,e", *save = NULL; for (char *t = ((char *(*)(char *, const char *, char **))f)(b, ",; ", &save); t; t = ((char *(*)(char *, const char *, char **))f)(NULL, ",; ", &save)) out("%s|", t); }
static void do_strsep(void *f) { char b[] = "a,b;;c d,e", *at = b; for (char *t; (t = ((char *(*)(char **, const char *))f)(&at, ",; "));) out("%s|", t); }
static void do_strdup(void *f) { EACH_TEXT(s) { char *d = ((char *(*)(const char *))f)(s); out("%s|", d); free(d); } }
static void do_inet_pton(void *f) { unsigned char a[16]; const char *t[] = {"::1", "fe80::1:2", "1:2:3:4:5:6:7:8", "bad"}; for (int i = 0; i < 4; i++) { memset(a, 0, 16); out("%d ", ((int (*)(int, const char *, void *))f)(AF_INET6, t[i], a)); out_bytes(a, 16); } }
static void do_inet_ntop(void *f) { unsigned char a[16] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}; char b[64]; out("%s ", ((const char *(*)(int, const void *, char *, socklen_t))f)(AF_INET6, a, b, sizeof b)); out("%s", ((const char *(*)(int, const void *, char *, socklen_t))f)(AF_INET, a, b, sizeof b)); }
static void do_inet_addr(void *f) { const char *t[] = {"127.0.0.1", "1.2", "0x7f.1", "bad"}; for (int i = 0; i < 4; i++) out("%x ", ((unsigned (*)(const char *))f)(t[i])); }
static void do_rand_r(void *f) { unsigned s = 42; for (int i = 0; i < 10; i++) out("%d ", ((int (*)(unsigned *))f)(&s)); }
static void do_nrand48(void *f) { unsigned short s[3] = {1, 2, 3}; for (int i = 0; i < 10; i++) out("%ld ", ((long (*)(unsigned short *))f)(s)); }
static void do_erand48(void *f) { unsigned short s[3] = {1, 2, 3}; for (int i = 0; i < 10; i++) out("%a ", ((double (*)(unsigned short *))f)(s)); }
static void do_l64a(void *f) { for (long i = 1; i < 2000000000; i *= 37) out("%s ", ((char *(*)(long))f)(i)); }
static void do_fnmatch(void *f) { const char *p[] = {"*", "a*", "*[a-f]ox*", "/usr/*", "?bc"}; for (int i = 0; i < 5; i++) EACH_TEXT(s) out("%d", ((int (*)(const char *, const char *, int))f)(p[i], s, 0)); }
static void do_swab(void *f) { char b[44] = {0}; ((void (*)(const void *, void *, ssize_t))f)(texts[3], b, 42); out_bytes(b, 44); }
static void do_memfrob(void *f) { char b[32] = "frobnicate"; ((void *(*)(void *, size_t))f)(b, 10); out_bytes(b, 12); }
static void do_div(void *f) { for (int i = -50; i < 50; i += 7) { div_t d = ((div_t (*)(int, int))f)(i, 6); out("%d %d ", d.quot, d.rem); } }
static void do_ldiv(void *f) { for (long i = -50; i < 50; i += 7) { ldiv_t d = ((ldiv_t (*)(long, long))f)(i, 6); out("%ld %ld ", d.quot, d.rem); } }
static void do_mbstowcs(void *f) { wchar_t w[64]; size_t n = ((size_t (*)(wchar_t *, const char *, size_t))f)(w, texts[3], 64); out("%zu ", n); out_bytes(w, n * sizeof *w); }
static void do_wcstombs(void *f) { char b[64] = ""; size_t n = ((size_t (*)(char *, const wchar_t *, size_t))f)(b, L"wide characters", 64); out("%zu %s", n, b); }
static void do_strxfrm(void *f) { EACH_TEXT(s) { char b[256]; out("%zu ", ((size_t (*)(char *, const char *, size_t))f)(b, s, sizeof b)); } }
static void do_malloc(void *f) { for (size_t n = 1; n < 5000000; n *= 9) { char *p = ((void *(*)(size_t))f)(n); memset(p, 7, n); out("%d ", p[n - 1]); free(p); } }
static void do_calloc(void *f) { for (size_t n = 1; n < 500000; n *= 9) { char *p = ((void *(*)(size_t, size_t))f)(n, 3); out("%d ", p[3 * n - 1]); free(p); } }
static void do_realloc(void *f) { char *p = NULL; for (size_t n = 1; n < 5000000; n *= 9) { p = ((void *(*)(void *, size_t))f)(p, n); p[n - 1] = (char)n; out("%d ", p[n / 9 ? n / 9 - 1 : 0]); } free(p); }
static void do_regcomp(void *f) { regex_t r; out("%d ", ((int (*)(regex_t *, const char *, int))f)(&r, "(qu|br)[a-z]+ .*(fox|dog)", REG_EXTENDED)); regmatch_t m[3]; out("%d %d %d %d", regexec(&r, texts[3], 3, m, 0), (int)m[0].rm_so, (int)m[0].rm_eo, (int)m[2].rm_so); regfree(&r); }
static void do_tsearch(void *f) { static int v[50]; void *root = NULL; for (int i = 0; i < 50; i++) { v[i] = i * 37 % 53; out("%d ", **(int **)((void *(*)(const void *, void **, int (*)(const void *, const void *)))f)(&v[i], &root, by_value)); } for (int i = 0; i < 50; i++) tdelete(&v[i], &root, by_value); out("%d", root == NULL); }
static void do_hsearch_r(void *f) { struct hsearch_data t = {0}; hcreate_r(64, &t); for (size_t i = 1; i < COUNT(texts); i++) { ENTRY e = {(char *)texts[i], (void *)i}, *r = NULL; out("%d ", ((int (*)(ENTRY, ACTION, ENTRY **, struct hsearch_data *))f)(e, ENTER, &r, &t)); out("%zu ", (size_t)r->data); } hdestroy_r(&t); }
static void do_ecvt_r(void *f) { EACH_NUMBER(x) { int d = 0, s = 0; char b[64] = ""; ((int (*)(double, int, int *, int *, char *, size_t))f)(x, 10, &d, &s, b, sizeof b); out("%s %d %d ", b, d, s); } }
static void do_setlocale(void *f) { out("%s", ((char *(*)(int, const char *))f)(LC_ALL, NULL)); }

/* --- libcrypto --- */
static void hash_20(void *f) { unsigned char h[64]; EACH_TEXT(s) { ((unsigned char *(*)(const void *, size_t, unsigned char *))f)((const unsigned char *)s, strlen(s), h); out_bytes(h, 20); out(" "); } }
static void hash_32(void *f) { unsigned char h[64]; EACH_TEXT(s) { ((unsigned char *(*)(const void *, size_t, unsigned char *))f)((const unsigned char *)s, strlen(s), h); out_bytes(h, 32); out(" "); } }
static void hash_64(void *f) { unsigned char h[64]; EACH_TEXT(s) { ((unsigned char *(*)(const void *, size_t, unsigned char *))f)((const unsigned char *)s, strlen(s), h); out_bytes(h, 64); out(" "); } }
static void hash_16(void *f) { unsigned char h[64]; EACH_TEXT(s) { ((unsigned char *(*)(const void *, size_t, unsigned char *))f)((const unsigned char *)s, strlen(s), h); out_bytes(h, 16); out(" "); } }
static void do_encode(void *f) { unsigned char b[256]; EACH_TEXT(s) { int n = ((int (*)(unsigned char *, const unsigned char *, int))f)(b, (const unsigned char *)s, (int)strlen(s)); out("%d %.*s ", n, n, (char *)b); } }
static void s_i_crypto(void *f) { for (int i = 1; i < 1200; i += 31) { const char *s = ((const char *(*)(int))f)(i); out("%s|", s ? s : "-"); } }
static void i_s_crypto(void *f) { const char *t[] = {"SHA256", "rsaEncryption", "1.2.840.113549.1.1.11", "CN", "nothing"}; for (int i = 0; i < 5; i++) out("%d ", ((int (*)(const char *))f)(t[i])); }

static void *crypto, *cxx;

typedef void *(*new_f)(void);
typedef int (*hex2bn_f)(void **, const char *);
typedef char *(*bn2hex_f)(const void *);
static void bn_op(void *f)
{
    new_f make = (new_f)dlsym(crypto, "BN_new"), make_context = (new_f)dlsym(crypto, "BN_CTX_new");
    hex2bn_f parse = (hex2bn_f)dlsym(crypto, "BN_hex2bn");
    bn2hex_f print = (bn2hex_f)dlsym(crypto, "BN_bn2hex");
    void (*release)(void *) = (void (*)(void *))dlsym(crypto, "BN_free");
    void (*release_context)(void *) = (void (*)(void *))dlsym(crypto, "BN_CTX_free");
    void *a = NULL, *b = NULL, *m = NULL, *r = make(), *context = make_context();
    parse(&a, "123456789abcdef0123456789abcdef0fedcba9876543210ffffffffffffffff00000000deadbeef1122334455667788");
    parse(&b, "fedcba9876543210ffffffffffffffff11111111111111112222222222222223");
    parse(&m, "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff61");
    /* (r, a, b, m, ctx): mod_exp, mod_mul, mod_add_quick and the like; (r, a, b, ctx) ignores the rest. */
    int ok = ((int (*)(void *, void *, void *, void *, void *))f)(r, a, b, m, context);
    char *text = print(r);
    out("%d %s", ok, text);
    free(text);
    release(a), release(b), release(m), release(r), release_context(context);
}
static void bn_op4(void *f)
{
    hex2bn_f parse = (hex2bn_f)dlsym(crypto, "BN_hex2bn");
    bn2hex_f print = (bn2hex_f)dlsym(crypto, "BN_bn2hex");
    void (*release)(void *) = (void (*)(void *))dlsym(crypto, "BN_free");
    void (*release_context)(void *) = (void (*)(void *))dlsym(crypto, "BN_CTX_free");
    void *a = NULL, *b = NULL, *r = ((new_f)dlsym(crypto, "BN_new"))(), *context = ((new_f)dlsym(crypto, "BN_CTX_new"))();
    parse(&a, "fedcba9876543210ffffffffffffffff1111111111111111222222222222222300000000000000000000000000000001");
    parse(&b, "123456789abcdef0123456789abcdef0fedcba9876543210ffffffffffffffff");
    int ok = ((int (*)(void *, void *, void *, void *))f)(r, a, b, context);
    char *text = print(r);
    out("%d %s", ok, text);
    free(text);
    release(a), release(b), release(r), release_context(context);
}
static void do_pbkdf2(void *f)
{
    unsigned char key[40];
    void *digest = ((void *(*)(void))dlsym(crypto, "EVP_sha256"))();
    out("%d ", ((int (*)(const char *, int, const unsigned char *, int, int, void *, int, unsigned char *))f)("password", 8, (const unsigned char *)"salt", 4, 100, digest, sizeof key, key));
    out_bytes(key, sizeof key);
}
static void do_hmac(void *f)
{
    unsigned char mac[64];
    unsigned length = 0;
    void *digest = ((void *(*)(void))dlsym(crypto, "EVP_sha512"))();
    EACH_TEXT(s) {
        ((unsigned char *(*)(void *, const void *, int, const unsigned char *, size_t, unsigned char *, unsigned *))f)(digest, "key", 3, (const unsigned char *)s, strlen(s), mac, &length);
        out_bytes(mac, length);
    }
}
static void do_cipher(void *f)
{
    void *(*new_context)(void) = (void *(*)(void))dlsym(crypto, "EVP_CIPHER_CTX_new");
    void (*free_context)(void *) = (void (*)(void *))dlsym(crypto, "EVP_CIPHER_CTX_free");
    int (*init)(void *, void *, void *, const unsigned char *, const unsigned char *) = (int (*)(void *, void *, void *, const unsigned char *, const unsigned char *))dlsym(crypto, "EVP_EncryptInit_ex");
    int (*final)(void *, unsigned char *, int *) = (int (*)(void *, unsigned char *, int *))dlsym(crypto, "EVP_EncryptFinal_ex");
    const char *ciphers[] = {"EVP_aes_128_cbc", "EVP_aes_256_gcm", "EVP_aes_256_ctr", "EVP_chacha20_poly1305"};
    for (size_t i = 0; i < COUNT(ciphers); i++) {
        unsigned char buffer[256];
        int length = 0, more = 0;
        void *context = new_context();
        int ok = init(context, ((void *(*)(void))dlsym(crypto, ciphers[i]))(), NULL, (const unsigned char *)texts[8], (const unsigned char *)texts[3]);
        ok += ((int (*)(void *, unsigned char *, int *, const unsigned char *, int))f)(context, buffer, &length, (const unsigned char *)texts[8], (int)strlen(texts[8]));
        ok += final(context, buffer + length, &more);
        out("%d %d ", ok, length + more);
        out_bytes(buffer, (size_t)(length + more));
        free_context(context);
    }
}

/* --- libstdc++ --- */
static void do_demangle(void *f)
{
    const char *names[] = {"_ZSt4cout", "_ZNSt6vectorIiSaIiEE9push_backERKi", "_ZNKSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE4findEPKcmm", "_Z1fIJidEEvDpT_", "bad"};
    for (size_t i = 0; i < COUNT(names); i++) {
        int status = 1;
        char *text = ((char *(*)(const char *, char *, size_t *, int *))f)(names[i], NULL, NULL, &status);
        out("%d %s|", status, text ? text : "-");
        free(text);
    }
}
static void do_hash_bytes(void *f) { EACH_TEXT(s) out("%zx ", ((size_t (*)(const void *, size_t, size_t))f)(s, strlen(s), 0xc70f6907)); }
struct tree_node { int color; struct tree_node *parent, *left, *right; int value; };
static void do_tree(void *f)
{
    struct tree_node header = {.left = &header, .right = &header}, nodes[60];
    for (int i = 0; i < 60; i++) {
        nodes[i].value = i * 37 % 61;
        struct tree_node *parent = &header, *at = header.parent;
        int left = 1;
        while (at) {
            parent = at;
            left = nodes[i].value < at->value;
            at = left ? at->left : at->right;
        }
        ((void (*)(int, void *, void *, void *))f)(left, &nodes[i], parent, &header);
    }
    void *(*next)(void *) = (void *(*)(void *))dlsym(cxx, "_ZSt18_Rb_tree_incrementPSt18_Rb_tree_node_base");
    for (struct tree_node *at = header.left; at != &header; at = next(at))
        out("%d%c ", at->value, at->color ? 'b' : 'r');
}
struct string { char *data; size_t length; char local[16]; };
static void do_append(void *f)
{
    struct string s = {.data = s.local};
    EACH_TEXT(t) ((void *(*)(struct string *, const char *, size_t))f)(&s, t, strlen(t));
    out("%zu %.*s", s.length, (int)s.length, s.data);
    if (s.data != s.local)
        ((void (*)(void *))dlsym(cxx, "_ZdlPv"))(s.data);
}
static void do_string_find(void *f)
{
    struct string s = {.data = (char *)texts[3], .length = strlen(texts[3])};
    const char *wanted[] = {"fox", "o", "", "the", "zz"};
    for (size_t i = 0; i < COUNT(wanted); i++)
        out("%zd ", ((ssize_t (*)(const struct string *, const char *, size_t, size_t))f)(&s, wanted[i], 4, strlen(wanted[i])));
}
static void do_next_bucket(void *f)
{
    for (size_t n = 1; n < 1000000; n = n * 3 + 1) {
        struct { float load; size_t next; } policy = {1.0f, 0};
        out("%zu ", ((size_t (*)(void *, size_t))f)(&policy, n));
    }
}

static const struct call { const char *library, *names; void (*run)(void *); } calls[] = {
    {"m", "sin cos tan asin acos atan exp exp2 exp10 log log2 log10 sqrt cbrt floor ceil trunc round roundeven rint nearbyint sinh cosh tanh asinh acosh atanh erf erfc lgamma tgamma expm1 log1p fabs j0 j1 y0 y1 logb significand", d_d},
    {"m", "sinf cosf tanf asinf acosf atanf expf exp2f exp10f logf log2f log10f sqrtf cbrtf floorf ceilf truncf roundf rintf nearbyintf sinhf coshf tanhf asinhf acoshf atanhf erff erfcf lgammaf tgammaf expm1f log1pf fabsf j0f j1f y0f y1f logbf", f_f},
    {"m", "sinl cosl tanl asinl acosl atanl expl exp2l logl log2l log10l sqrtl cbrtl floorl ceill truncl roundl rintl sinhl coshl tanhl erfl lgammal expm1l log1pl", l_l},
    {"m", "pow atan2 fmod remainder drem hypot fdim fmax fmin copysign nextafter", d_dd},
    {"m", "powf atan2f fmodf remainderf hypotf fdimf fmaxf fminf copysignf nextafterf", f_ff},
    {"m", "lround lrint llround llrint ilogb", i_d}, {"m", "ldexp scalbn scalbln", d_di}, {"m", "fma", d_ddd}, {"m", "frexp", d_dpi}, {"m", "modf", d_dpd}, {"m", "jn yn", d_id}, {"m", "sincos", v_dpp},
    {"c", "isalpha isdigit isalnum isspace isupper islower ispunct isprint iscntrl isxdigit isgraph isblank iswalpha iswdigit iswspace iswupper iswlower", u_i},
    {"c", "tolower toupper towlower towupper btowc", c_i},
    {"c", "strlen atoi atol atoll", n_s}, {"c", "strcmp strcasecmp strverscmp strcoll", i_ss}, {"c", "strncmp strncasecmp", i_ssn},
    {"c", "strchr strrchr strchrnul index rindex", p_si}, {"c", "strstr strcasestr strpbrk", p_ss}, {"c", "strspn strcspn", n_ss}, {"c", "memchr memrchr", p_mcn}, {"c", "strnlen", n_sn},
    {"c", "strcpy stpcpy strcat", c_ds}, {"c", "strncpy stpncpy strncat", c_dsn}, {"c", "memmove", m_dsn}, {"c", "memset", m_dcn},
    {"c", "strtol strtoul strtoll strtoull strtoimax strtoumax", l_spi}, {"c", "strtod", d_sp}, {"c", "strerror strsignal sigabbrev_np strerrorname_np strerrordesc_np", s_i},
    {"c", "labs llabs ffsl ffsll", a_l}, {"c", "abs ffs", a_i}, {"c", "wcslen", w_w}, {"c", "wcscmp wcscasecmp", w_ww}, {"c", "wcschr wcsrchr", w_wc}, {"c", "htons htonl ntohs ntohl", h_h},
    {"c", "qsort", do_qsort}, {"c", "qsort_r", do_qsort_r}, {"c", "bsearch", do_bsearch}, {"c", "gmtime_r", do_gmtime_r}, {"c", "timegm", do_timegm}, {"c", "strftime", do_strftime}, {"c", "strptime", do_strptime},
    {"c", "asctime_r", do_asctime_r}, {"c", "snprintf", do_snprintf}, {"c", "sscanf", do_sscanf}, {"c", "strtok_r", do_strtok_r}, {"c", "strsep", do_strsep}, {"c", "strdup", do_strdup}, {"c", "inet_pton", do_inet_pton},
    {"c", "inet_ntop", do_inet_ntop}, {"c", "inet_addr", do_inet_addr}, {"c", "rand_r", do_rand_r}, {"c", "nrand48 jrand48", do_nrand48}, {"c", "erand48", do_erand48}, {"c", "l64a", do_l64a}, {"c", "a64l", n_s},
    {"c", "fnmatch", do_fnmatch}, {"c", "swab", do_swab}, {"c", "memfrob", do_memfrob}, {"c", "div", do_div}, {"c", "ldiv", do_ldiv}, {"c", "mbstowcs", do_mbstowcs}, {"c", "wcstombs", do_wcstombs}, {"c", "strxfrm", do_strxfrm},
    {"c", "malloc", do_malloc}, {"c", "calloc", do_calloc}, {"c", "realloc", do_realloc}, {"c", "regcomp", do_regcomp}, {"c", "tsearch", do_tsearch}, {"c", "hsearch_r", do_hsearch_r}, {"c", "ecvt_r fcvt_r", do_ecvt_r}, {"c", "setlocale", do_setlocale},
    {"crypto", "SHA1 RIPEMD160", hash_20}, {"crypto", "SHA256", hash_32}, {"crypto", "SHA512", hash_64}, {"crypto", "MD5 MD4", hash_16}, {"crypto", "EVP_EncodeBlock", do_encode},
    {"crypto", "OBJ_nid2sn OBJ_nid2ln X509_verify_cert_error_string", s_i_crypto}, {"crypto", "OBJ_sn2nid OBJ_txt2nid OBJ_ln2nid", i_s_crypto}, {"crypto", "BN_mod_exp BN_mod_mul BN_mod_add BN_mod_sub BN_mod_exp_simple BN_mod_exp_recp", bn_op},
    {"crypto", "BN_mul BN_gcd BN_add BN_sub BN_uadd BN_usub", bn_op4}, {"crypto", "PKCS5_PBKDF2_HMAC", do_pbkdf2}, {"crypto", "HMAC", do_hmac}, {"crypto", "EVP_EncryptUpdate", do_cipher},
    {"stdc++", "__cxa_demangle", do_demangle}, {"stdc++", "_ZSt11_Hash_bytesPKvmm _ZSt15_Fnv_hash_bytesPKvmm", do_hash_bytes}, {"stdc++", "_ZSt29_Rb_tree_insert_and_rebalancebPSt18_Rb_tree_node_baseS0_RS_", do_tree},
    {"stdc++", "_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE6appendEPKcm _ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE9_M_appendEPKcm", do_append},
    {"stdc++", "_ZNKSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE4findEPKcmm _ZNKSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE5rfindEPKcmm _ZNKSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE13find_first_ofEPKcmm _ZNKSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE16find_last_not_ofEPKcmm", do_string_find},
    {"stdc++", "_ZNKSt8__detail20_Prime_rehash_policy11_M_next_bktEm", do_next_bucket},
};

static void *open_library(const char *name)
{
    static const struct { const char *name, *file; } files[] = {{"m", "libm.so.6"}, {"c", "libc.so.6"}, {"crypto", "libcrypto.so.3"}, {"stdc++", "libstdc++.so.6"}};
    for (size_t i = 0; i < COUNT(files); i++)
        if (strcmp(files[i].name, name) == 0)
            return dlopen(files[i].file, RTLD_NOW);
    return NULL;
}

static void each(void (*visit)(const char *name, void *function, void (*run)(void *)))
{
    for (size_t i = 0; i < COUNT(calls); i++) {
        void *library = open_library(calls[i].library);
        char names[2048], *save = NULL;
        snprintf(names, sizeof names, "%s", calls[i].names);
        for (char *name = strtok_r(names, " ", &save); name && library; name = strtok_r(NULL, " ", &save)) {
            void *function = dlsym(library, name);
            if (function)
                visit(name, function, calls[i].run);
        }
    }
    printf("end\n");
}

static void where(const char *name, void *function, void (*run)(void *))
{
    (void)run;
    printf("%s %lx\n", name, (unsigned long)function);
}

static void call(const char *name, void *function, void (*run)(void *))
{
    used = 0;
    result[0] = '\0';
    run(function);
    printf("%s %s\n", name, result);
}

static void map(char *text)
{
    const size_t page = 4096;
    for (char *next; *text; text = next) {
        unsigned long at = strtoul(text, &next, 16);
        if (next == text)
            break;
        void *got = mmap((void *)at, page, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        if (got != (void *)at) {
            printf("no %lx\n", at);
            return;
        }
    }
    printf("ok\n");
}

int main(void)
{
    static char line[LINE];
    crypto = open_library("crypto");
    cxx = open_library("stdc++");
    ready();
    for (;;) {
        next_command(line, sizeof line);
        if (strcmp(line, "where") == 0)
            each(where);
        else if (strcmp(line, "call") == 0)
            each(call);
        else if (strncmp(line, "map ", 4) == 0)
            map(line + 4);
        else
            printf("unknown command\n");
        fflush(stdout);
    }
}
