// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using Wfpatch.Build;

namespace Wfpatch.Lab.Experiments.Fixes;

/// <summary>One patch of a server's debian/patches.</summary>
/// <param name="IsCve">Its name says so.</param>
/// <param name="Outcome">built, refused, not-compiled, not-built or wrong.</param>
/// <param name="Functions">How many the patch file replaces.</param>
/// <param name="Codes">Of its refusals.</param>
/// <param name="Shipped">Whether the shipped programs have its functions, in words.</param>
/// <param name="Applied">What the running server said of the patch file that takes the fix out of it: "done", or why not; empty: it was not asked.</param>
/// <param name="Failed">Requests of the load that failed while it was in force, or came or went.</param>
public sealed record FixResult(
    string Patch, bool IsCve, string Outcome, bool IsCompiled, bool IsCodeOnly, int Functions, ImmutableArray<string> Codes, string Shipped, string Applied, long Requests, long Failed)
{
    internal const string Done = "done";

    public bool IsMade => Outcome == "built";

    internal static FixResult Of(SeriesFix fix) => new(
        fix.Patch, fix.Patch.Contains("CVE-", StringComparison.OrdinalIgnoreCase), JsonNamingPolicy.KebabCaseLower.ConvertName(fix.Outcome.ToString()), fix.IsCompiled, fix.IsCodeOnly, fix.Functions,
        [.. fix.Refusals.Select(r => r.Code).Distinct()], fix.Shipped, "", 0, 0);
}
