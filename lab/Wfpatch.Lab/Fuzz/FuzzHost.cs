// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;
using System.Collections.Immutable;
using Wfpatch.Testing;
using Wfpatch.Testing.Cases;

namespace Wfpatch.Lab.Fuzz;

/// <summary>What all programs of one build are linked with, compiled once in a run.</summary>
/// <param name="Main">The program's main.</param>
/// <param name="Driver">What calls the random program.</param>
/// <param name="ReferenceDriver">The same for two versions in one program.</param>
/// <param name="DriverPart">The driver as one of the objects that a patch is made from.</param>
internal sealed record FuzzHost(string Main, string Driver, string ReferenceDriver, string DriverPart)
{
    internal static async Task<FuzzHost> CompileAsync(CaseBuild build, string folder, CancellationToken cancel)
    {
        Directory.CreateDirectory(folder);
        string driver = RepositoryRoot.Combine("lab", "fuzz", "driver.c");
        return new(
            await CompileAsync(RepositoryRoot.Combine("tests", "cases", "host.c"), "host"), await CompileAsync(driver, "driver"),
            await CompileAsync(driver, "driver-reference", "-DREFERENCE"), await CompileAsync(driver, "driver-part", CaseBuild.SectionFlags));

        async Task<string> CompileAsync(string source, string name, params ImmutableArray<string> more)
        {
            string target = Path.Combine(folder, name + ".o");
            await build.CompileAsync(source, target, folder, more, cancel);
            return target;
        }
    }
}

/// <summary>The hosts of a run, each compiled when it is first needed.</summary>
internal sealed class FuzzHosts(string folder, CancellationToken cancel)
{
    private readonly ConcurrentDictionary<CaseBuild, Lazy<Task<FuzzHost>>> _hosts = [];

    internal Task<FuzzHost> FindAsync(CaseBuild build) =>
        _hosts.GetOrAdd(build, b => new(() => FuzzHost.CompileAsync(b, Path.Combine(folder, b.Name), cancel))).Value;
}
