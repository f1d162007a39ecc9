// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Refusals;

namespace Wfpatch.Cli.Views;

/// <summary>Refusals and notes as lines: what is in the way, where it stands in the sources, and once for each code what can be done about it.</summary>
internal static class RefusalView
{
    public static IEnumerable<string> Refusals(IEnumerable<Refusal> refusals) => Lines(refusals, "wfpatch: ");

    public static IEnumerable<string> Notes(IEnumerable<Refusal> notes) => Lines(notes, "note: ");

    private static IEnumerable<string> Lines(IEnumerable<Refusal> refusals, string mark)
    {
        foreach (var kind in refusals.GroupBy(r => r.Kind))
        {
            foreach (var refusal in kind)
            {
                yield return $"{mark}{refusal.Code} {kind.Key.Name}: {refusal.Sentence}";
                if (refusal.Place is { } place)
                {
                    yield return $"  at {place}";
                }
            }
            yield return $"  {kind.Key.Remedy}";
        }
    }
}
