// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Testing.Redirects;

/// <summary>How many functions of a binary each tactic redirects, and how many are refused with which code.</summary>
public sealed class PlanTable(string binary)
{
    private readonly SortedDictionary<string, int> _counts = [];

    public static string Header =>
        $"{"binary",-16} {"functions",9} {string.Join(' ', RedirectPlanner.TacticNames.Select(t => $"{t,18}"))} {"refused",8}";

    public int Planned => RedirectPlanner.TacticNames.Sum(Count);

    public int Total => _counts.Values.Sum();

    /// <summary>Each reason for which functions are refused, and how many.</summary>
    public ImmutableArray<(string Code, int Count)> Refused =>
        [.. _counts.Where(c => !RedirectPlanner.TacticNames.Contains(c.Key)).Select(c => (c.Key, c.Value))];

    public int Count(string name) => _counts.GetValueOrDefault(name);

    public void Add(RedirectPlan? plan, Refusal? refusal) => Increment(plan?.Tactic ?? refusal!.Code);

    public void AddUnreadable() => Increment("unreadable");

    public double Percent(int count) => Total == 0 ? 0 : 100.0 * count / Total;

    public override string ToString()
    {
        string refused = string.Join(", ", Refused.Select(r => $"{r.Code} {r.Count}"));
        return string.Create(CultureInfo.InvariantCulture, $"{binary,-16} {Total,9} {string.Join(' ', RedirectPlanner.TacticNames.Select(t => $"{Text(Count(t)),18}"))} {Text(Total - Planned),8}   {refused}");
    }

    private string Text(int count) => string.Create(CultureInfo.InvariantCulture, $"{Percent(count):f1} %");

    private void Increment(string name) => _counts[name] = Count(name) + 1;
}
