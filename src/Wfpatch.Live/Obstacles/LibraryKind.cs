// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Obstacles;

/// <summary>Says what a target runs on that is not a shared glibc, as far as what is loaded tells.</summary>
public static class LibraryKind
{
    private const string GoNotes = "Go";

    private static readonly ImmutableArray<(string Part, string Name)> Known =
    [
        ("/ld-musl-", "musl"), ("/libc.musl-", "musl"), ("-linux-musl/", "musl"), ("/ld-uClibc", "uClibc"), ("/ld64-uClibc", "uClibc"), ("/libuClibc", "uClibc"),
        ("/linker64", "Android's bionic"),
    ];

    /// <summary>Completing "it runs on".</summary>
    public static string Describe(Target target)
    {
        string? known = Known.Where(k => target.Mappings.Any(m => m.IsFile && m.Path.Contains(k.Part, StringComparison.Ordinal))).Select(k => k.Name).FirstOrDefault();
        bool isGo = target.Objects.Any(o => o.Image.Notes.Any(n => n.Owner == GoNotes));
        return known ?? (isGo ? "the run-time of Go"
            : IsStatic(target) ? "no shared C library: it is statically linked"
            : "a C library that is not known");
    }

    private static bool IsStatic(Target target) => target.Objects.Count(o => o.FileName != "[vdso]") == 1;
}
