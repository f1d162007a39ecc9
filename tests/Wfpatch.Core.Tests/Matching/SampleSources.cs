// SPDX-License-Identifier: Apache-2.0
using System.Text;

namespace Wfpatch.Core.Tests.Matching;

/// <summary>C programs with everything that a match has to get through.</summary>
internal static class SampleSources
{
    public static readonly Dictionary<string, string> TwoUnits = new()
    {
        ["first.c"] = """
            #include <errno.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            __thread int requests = 3;
            extern __thread int depth;
            extern int shared_total;
            extern int second_entry(int);
            extern const char *second_name(int);
            extern void optional_hook(int) __attribute__((weak));
            static int counter;
            static int calls[8];
            static const char *const names[] = { "one", "two", "three" };

            static __attribute__((noinline)) void note(int x) { counter += x; calls[x & 7]++; if (x > 3) puts("noted"); }
            static __attribute__((noinline)) int twin_a(int x) { return x * 3 + 1; }
            static __attribute__((noinline)) int twin_b(int x) { return x * 3 + 1 + (counter & 0); }
            void tail_near(int x) { if (x) note(x + 1); }
            int tail_far(int x) { return second_entry(x + 2); }
            __attribute__((noinline)) int fold(int n) { return n < 2 ? 1 : fold(n - 1) * fold(n - 2) + shared_total; }
            static __attribute__((noinline)) int walk(int n) { if (n < 2) { note(n); return counter; } return walk(n - 1) + 7 * walk(n - 2); }
            int choose(int x)
            {
                switch (x)
                {
                    case 0: puts("zero"); return 5;
                    case 1: return rand();
                    case 2: return 9;
                    case 3: return 77 + depth;
                    case 4: return shared_total;
                    case 5: return x * 99 + requests++;
                    case 6: return twin_a(x) + twin_b(x);
                    default: if (x == 1000) abort(); return walk(x);
                }
            }
            double scale(double x) { return x * 2.75 + 0.5; }
            void set(int x) { static int last; last = x; shared_total = last + 5; calls[3] = 12; errno = x; }
            const char *name_of(int x) { return x < 3 ? names[x] : second_name(x); }
            int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
            void sort(int *all, size_t count) { qsort(all, count, sizeof *all, compare); }
            void hook(int x) { if (optional_hook) optional_hook(x); }
            void *address_of(int x) { return x ? (void *)puts : (void *)compare; }
            """,
        ["second.c"] = """
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            __thread int depth;
            static __thread long private_depth;
            int shared_total = 4;
            static int counter = 17;
            extern void tail_near(int);
            extern int choose(int), fold(int), compare(const void *, const void *);
            extern void sort(int *, size_t), set(int), hook(int);
            extern double scale(double);
            extern const char *name_of(int);
            extern void *address_of(int);

            static __attribute__((noinline)) void note(int x) { counter -= x; if (x > 5) fprintf(stderr, "%s %d\n", "noted", counter); }
            static __attribute__((noinline, cold)) void fail(const char *what) { fprintf(stderr, "failed: %s\n", what); exit(3); }
            int second_entry(int x)
            {
                for (int i = 0; i < x; i++) { private_depth += i; if (private_depth > 1000) fail("depth"); note(i); }
                depth++;
                return counter + (int)private_depth;
            }
            const char *second_name(int x) { static char text[32]; if (snprintf(text, sizeof text, "name %d", x) < 0) fail("name"); return text; }
            int loops(const unsigned char *text)
            {
                int sum = 0;
                while (*text) { if (*text == 'a') sum += 2; else if (*text == 'b') note(sum); else if (*text > 'x') { sum *= 3; note(1); } else sum ^= *text; text++; }
                return sum > 100 ? choose(sum) : sum;
            }
            #ifndef LIBRARY
            int main(int count, char **arguments)
            {
                int all[] = { 3, 1, 2 };
                sort(all, 3); set(count); hook(1); tail_near(count);
                printf("%d %d %f %s %p\n", choose(count), fold(5), scale(count), name_of(count), address_of(count));
                return loops((unsigned char *)arguments[0]) + all[0];
            }
            #endif
            """,
    };

    /// <summary>One unit with many functions that look much alike.</summary>
    public static Dictionary<string, string> Many(int count)
    {
        var text = new StringBuilder("#include <stdio.h>\n#include <stdlib.h>\nextern int external(int);\n");
        for (int i = 0; i < count; i++)
        {
            text.Append($"static int state_{i};\n");
            text.Append(i == 0 ? "" : $"static int function_{i - 1}(int);\n");
            text.Append($"static __attribute__((noinline)) int function_{i}(int x) {{ state_{i} += x; if (x > {i % 90}) {{ puts(\"text {i}\"); x ^= {i % 7}; }} ");
            text.Append(i == 0 ? "return x; }\n" : $"if (x & {1 << (i % 20)}) return function_{i - 1}(x - 1); return x * state_{i / 2}; }}\n");
        }
        text.Append($"int main(int x, char **y) {{ return function_{count - 1}(x); }}\n");
        return new Dictionary<string, string> { ["many.c"] = text.ToString() };
    }
}
