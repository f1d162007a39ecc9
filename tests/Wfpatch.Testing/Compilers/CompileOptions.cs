// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Testing.Compilers;

/// <summary>How C is compiled. The default is what Debian's packages are built with.</summary>
/// <param name="Flags">For compiling and linking.</param>
/// <param name="Version">What VERSION is defined as.</param>
/// <param name="Stripped">Symbols and debug information are taken out after linking, as Debian does.</param>
public sealed record CompileOptions(ImmutableArray<string> Flags, int Version = 1, bool Stripped = true)
{
    public static CompileOptions Debian { get; } = new(
        ["-O2", "-g", "-Wall", "-Wextra", "-Werror", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2", "-fPIE", "-pthread"]);

    /// <summary>Beside <see cref="Flags"/>, for the objects that a patch is made from.</summary>
    public static ImmutableArray<string> SectionFlags { get; } = ["-ffunction-sections", "-fdata-sections"];

    /// <summary>Of C.</summary>
    public string Compiler { get; init; } = "gcc";

    /// <summary>The same, of C++.</summary>
    public string CxxCompiler => Compiler.StartsWith("clang", StringComparison.Ordinal) ? Compiler.Insert("clang".Length, "++") : Compiler.Replace("gcc", "g++", StringComparison.Ordinal);

    /// <summary>Whether programs are loaded anywhere; else at the address that the linker chose.</summary>
    public bool IsPositionIndependent { get; init; } = true;

    /// <summary>Beside <see cref="Flags"/>, for linking a program.</summary>
    public ImmutableArray<string> LinkFlags => [IsPositionIndependent ? "-pie" : "-no-pie", "-Wl,-z,relro,-z,now"];
}
