// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing;
using Wfpatch.Testing.Processes;

namespace Wfpatch.Lab.Fuzz;

/// <summary>
/// An edit may make a program read what is not set or what is not there; what it computes then is no compiler's and no patch's matter. Asked only
/// about programs with a wrong answer: compilers that disagree, and clang's sanitizers, tell.
/// </summary>
internal static class UndefinedBehaviour
{
    private static readonly ImmutableArray<(string Name, string Compiler, ImmutableArray<string> Flags)> Builds =
    [
        ("gcc -O0", "gcc", ["-O0"]), ("clang -O2", "clang", ["-O2"]),
        ("address sanitizer", "clang", ["-O1", "-fsanitize=address,undefined", "-fno-sanitize=alignment", "-fno-sanitize-recover=all"]),
        ("memory sanitizer", "clang", ["-O1", "-fsanitize=memory"]),
    ];

    /// <returns>What says so; null where nothing does.</returns>
    internal static async Task<string?> FindAsync(FuzzTrial trial, Csmith csmith, string folder, CancellationToken cancel)
    {
        foreach (var (name, compiler, flags) in Builds)
        {
            string program = Path.Combine(folder, "sanitized");
            // One request: the sanitizers' own variables must not be put back.
            string[] sources = [Path.Combine(folder, "unit.c"), RepositoryRoot.Combine("lab", "fuzz", "driver.c"), RepositoryRoot.Combine("tests", "cases", "host.c")];
            CommandResult built = await ChildProcess.RunAsync(new(compiler, [.. flags, "-w", "-g", "-pthread", $"-I{csmith.Headers}", .. sources, "-o", program]), cancel);
            if (!built.Status.IsSuccess)
            {
                continue; // this compiler does not know the code, or has no such sanitizer
            }
            try
            {
                string[] first = await FuzzAnswers.AskAsync(trial.New.Program, 1, null, cancel);
                string[] answers = await FuzzAnswers.AskAsync(program, 1, null, cancel);
                if (!answers.SequenceEqual(first))
                {
                    return "undefined behaviour: another answer by " + name;
                }
            }
            catch (Exception problem) when (problem is InvalidOperationException or TimeoutException)
            {
                return "undefined behaviour: " + name;
            }
        }
        return null;
    }
}
