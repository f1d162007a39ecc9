// SPDX-License-Identifier: Apache-2.0
using System.Text.RegularExpressions;

namespace Wfpatch.Live.Tests.Running;

/// <summary>What examples/self-patching.c says of its requests.</summary>
internal sealed partial record SelfPatchingReport(long Served, long Old, long Mixed, long Born)
{
    public static SelfPatchingReport Parse(string line)
    {
        var match = Line().Match(line);
        return match.Success
            ? new(long.Parse(match.Groups[1].Value), long.Parse(match.Groups[2].Value), long.Parse(match.Groups[3].Value), long.Parse(match.Groups[4].Value))
            : throw new FormatException(line);
    }

    [GeneratedRegex("^report served=([0-9]+) old=([0-9]+) mixed=([0-9]+) born=([0-9]+)$")]
    private static partial Regex Line();
}
