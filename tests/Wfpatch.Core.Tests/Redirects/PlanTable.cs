// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Tests.Redirects;

/// <summary>How many functions of a library each tactic redirects, and how many are refused with which code.</summary>
internal sealed class PlanTable(string library)
{
    private readonly SortedDictionary<string, int> _counts = [];

    public static string Header => $"{"library",-16} {"functions",9} {"one-byte",9} {"+ first-instruction",19} {"refused",8}";

    public int Planned => RedirectPlanner.Tactics.Sum(t => Count(t.Name));

    public int Total => _counts.Values.Sum();

    public int Count(string name) => _counts.GetValueOrDefault(name);

    public void Add(RedirectPlan? plan, Refusal? refusal) => Increment(plan?.Tactic ?? refusal!.Code);

    public void AddUnreadable() => Increment("unreadable");

    public override string ToString()
    {
        string refused = string.Join(", ", _counts.Where(c => RedirectPlanner.Tactics.All(t => t.Name != c.Key)).Select(c => $"{c.Key} {c.Value}"));
        return string.Create(CultureInfo.InvariantCulture, $"{library,-16} {Total,9} {Percent(Count("one-byte")),9} {Percent(Planned),19} {Percent(Total - Planned),8}   {refused}");
    }

    private string Percent(int count) => string.Create(CultureInfo.InvariantCulture, $"{100.0 * count / Total:f1} %");

    private void Increment(string name) => _counts[name] = Count(name) + 1;
}
