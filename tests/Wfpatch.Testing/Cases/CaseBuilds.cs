// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Testing.Cases;

/// <summary>
/// The compilers and flags that the cases are built with. Each case has one build that Debian would make or one of the others, and one more,
/// in turn, so that all builds meet all kinds of cases; WFPATCH_CASES=all has every case in every build.
/// </summary>
public static class CaseBuilds
{
    public static readonly CaseBuild Debian = new("debian", false, ["-O2", "-fPIE", "-pie", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2"]);

    private static readonly ImmutableArray<CaseBuild> Others =
    [
        new("gcc-O0", false, ["-O0", "-fPIE", "-pie"]),
        new("clang-O2", true, ["-O2", "-fPIE", "-pie"]),
        new("gcc-O3-cet", false, ["-O3", "-fPIE", "-pie", "-fcf-protection=full", "-fstack-clash-protection"]),
        new("gcc-O1-nopie", false, ["-O1", "-fno-pie", "-no-pie"]),
        new("clang-O1-fortify", true, ["-O1", "-fPIE", "-pie", "-D_FORTIFY_SOURCE=2", "-fstack-protector-strong"]),
        new("gcc-Os", false, ["-Os", "-fPIE", "-pie", "-fstack-protector-strong"]),
        new("gcc-O2-pic", false, ["-O2", "-fPIC", "-pie"]),
        new("clang-Os", true, ["-Os", "-fPIE", "-pie"]),
        new("gcc-O2-nopie-cet", false, ["-O2", "-fno-pie", "-no-pie", "-fcf-protection=full"]),
        new("clang-O3-nopie", true, ["-O3", "-fno-pie", "-no-pie"]),
        new("gcc-O3-common", false, ["-O3", "-fPIE", "-pie", "-fcommon", "-fno-plt"]),
        new("clang-O0", true, ["-O0", "-fPIE", "-pie"]),
        new("gcc-O2-sections", false, ["-O2", "-fPIE", "-pie", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"]),
        new("gcc-O2-no-debug", false, ["-O2", "-fPIE", "-pie", "-g0"]),
        new("gcc-O2-split-debug", false, ["-O2", "-fPIE", "-pie", "-gsplit-dwarf"]),
        new("gcc-O1-all-protected", false, ["-O1", "-fPIE", "-pie", "-fstack-protector-all", "-fstack-clash-protection", "-D_FORTIFY_SOURCE=3"]),
        new("clang-O2-cet", true, ["-O2", "-fPIE", "-pie", "-fcf-protection=full", "-fstack-clash-protection"]),
        new("clang-O2-pic", true, ["-O2", "-fPIC", "-pie", "-ffunction-sections"]),
        new("gcc-O2-frame", false, ["-O2", "-fPIE", "-pie", "-fno-omit-frame-pointer", "-fno-ipa-ra"]),
    ];

    public static ImmutableArray<CaseBuild> All { get; } = [Debian, .. Others];

    private static bool IsEverything => Environment.GetEnvironmentVariable("WFPATCH_CASES") == "all";

    public static CaseBuild Find(string name) => All.First(b => b.Name == name);

    /// <summary>The builds in which the <paramref name="index"/>th case runs.</summary>
    /// <param name="compiler">The only compiler that knows the case's language, "gcc" or "clang"; null: both.</param>
    public static IEnumerable<CaseBuild> Of(int index, string? compiler)
    {
        ImmutableArray<CaseBuild> usable = [.. All.Where(b => compiler is null || b.IsClang == (compiler == "clang"))];
        return IsEverything ? usable : new[] { index * 2, (index * 2) + 1 }.Select(i => usable[i % usable.Length]);
    }
}
