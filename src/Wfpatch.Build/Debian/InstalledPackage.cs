// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build.Processes;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build.Debian;

/// <summary>A binary package as dpkg knows it.</summary>
/// <param name="Programs">The ELF programs and libraries that it installed, as full paths.</param>
internal sealed record InstalledPackage(string Name, string Version, string Source, string SourceVersion, ImmutableArray<string> Programs)
{
    public static async Task<(InstalledPackage? Package, Refusal? Refusal)> FindAsync(string name, CancellationToken cancel)
    {
        const string Format = "${db:Status-Abbrev}|${Version}|${source:Package}|${source:Version}\n";
        var query = await new ToolRun(null, cancel).RunAsync("dpkg-query", "--show", "--showformat", Format, "--", name);
        if (query.Missing is not null)
        {
            return (null, BuildRefusals.ToolMissing.About("dpkg-query", "dpkg-query is missing: packages can be built on Debian and its relatives alone."));
        }
        string[] fields = query.Output.Split('\n')[0].Split('|');
        if (!query.IsOk || fields.Length != 4 || !fields[0].StartsWith("ii", StringComparison.Ordinal))
        {
            return (null, BuildRefusals.NotInstalled.About(name, $"The package {name} is not installed; install it, or check the name."));
        }
        var list = await new ToolRun(null, cancel).RunAsync("dpkg-query", "--listfiles", "--", name);
        var programs = list.Output.Split('\n')
            .Where(p => p.StartsWith('/') && new FileInfo(p) is { Exists: true, LinkTarget: null } && ElfReading.IsElf(p))
            .ToImmutableArray();
        return programs.IsEmpty
            ? (null, BuildRefusals.NoTarget.About(name, $"The package {name} installs no program and no library."))
            : (new InstalledPackage(name, fields[1], fields[2], fields[3], programs), null);
    }
}
