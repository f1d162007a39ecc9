// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing.Processes;

namespace Wfpatch.Testing.Cases;

/// <summary>How a program is compiled that is to be patched: a compiler and its flags.</summary>
/// <param name="Flags">Beside those that all have; the linker gets them too.</param>
public sealed record CaseBuild(string Name, bool IsClang, ImmutableArray<string> Flags)
{
    private static readonly ImmutableArray<string> Always = ["-g", "-w", "-pthread", "-fmerge-constants"];

    /// <summary>For the objects that a patch is made from.</summary>
    public static ImmutableArray<string> SectionFlags { get; } = ["-ffunction-sections", "-fdata-sections"];

    /// <summary>Compiles one source of C, C++ (.cc) or assembly (.s) to an object.</summary>
    /// <param name="folder">What the compiler is to take for the current folder wherever it names the source.</param>
    /// <exception cref="InvalidOperationException">It does not compile; the message holds the compiler's words.</exception>
    public async Task CompileAsync(string source, string target, string folder, ImmutableArray<string> more, CancellationToken cancel)
    {
        string[] arguments =
        [
            $"-ffile-prefix-map={folder}=.", $"-ffile-prefix-map={RepositoryRoot.Path}=.", .. Always,
            .. Flags.Where(f => !f.StartsWith("-Wl,", StringComparison.Ordinal)), .. more, "-c", source, "-o", target,
        ];
        (await ChildProcess.RunAsync(new(Compiler(source.EndsWith(".cc", StringComparison.Ordinal)), [.. arguments]), cancel)).OrThrow();
    }

    /// <summary>Links a program as a distribution would.</summary>
    public async Task LinkAsync(IEnumerable<string> objects, string target, bool isCxx, bool isStripped, CancellationToken cancel)
    {
        string[] arguments =
        [
            .. objects, .. Flags.Where(f => !f.StartsWith("-std", StringComparison.Ordinal)),
            "-pthread", "-Wl,-z,relro,-z,now,--no-as-needed", .. isStripped ? ["-s"] : Array.Empty<string>(), "-o", target,
        ];
        (await ChildProcess.RunAsync(new(Compiler(isCxx), [.. arguments]), cancel)).OrThrow();
    }

    private string Compiler(bool isCxx) => (IsClang, isCxx) switch { (true, true) => "clang++", (true, false) => "clang", (false, true) => "g++", _ => "gcc" };
}
