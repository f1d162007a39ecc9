// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Lab.Experiments.Fixes;

/// <summary>What the paper (Rommel et al., OSDI 2020, table 1) has of a server: other versions, other patches. Not measured here.</summary>
/// <param name="Patches">Of those that it looked at.</param>
/// <param name="Cves">How many of them have a CVE number.</param>
/// <param name="Made">How many became patches, by kpatch.</param>
internal sealed record PaperFixes(int Patches, int Cves, int Made)
{
    private static readonly ImmutableDictionary<string, PaperFixes> All = new Dictionary<string, PaperFixes>
    {
        ["openldap"] = new(13, 2, 9), ["apache"] = new(10, 10, 7), ["memcached"] = new(1, 1, 1), ["samba"] = new(2, 2, 2), ["mariadb"] = new(74, 26, 16), ["nodejs"] = new(4, 0, 0),
    }.ToImmutableDictionary(StringComparer.Ordinal);

    internal static PaperFixes? Of(string server) => All.GetValueOrDefault(server);
}
