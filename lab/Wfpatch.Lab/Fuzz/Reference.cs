// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;

namespace Wfpatch.Lab.Fuzz;

/// <summary>
/// One source with the functions of both versions over the same variables: what a patched process is to compute. The old version's functions and
/// constants are called NAME_old. Variables that are declared alike in both are one; so are static locals, which are taken out of their functions for that.
/// </summary>
internal static partial class Reference
{
    private const string Old = "_old";

    internal static string Join(CProgram old, CProgram @new)
    {
        var text = new StringBuilder();
        string[] shared = [.. Statics(old).Intersect(Statics(@new)).Order(StringComparer.Ordinal)];
        var shorn = @new.MapCode(Shear);
        HashSet<string> kept = [.. @new.Of(ItemKind.Global).Select(g => g.Text), .. @new.Of(ItemKind.Other).Select(g => g.Text)];
        text.Append(shorn.ToText(i => i.Kind == ItemKind.Other && i.Text.StartsWith("#include", StringComparison.Ordinal)));
        text.AppendJoin('\n', shared).Append('\n');
        text.Append(shorn.ToText(i => i.Kind != ItemKind.Other || !i.Text.StartsWith("#include", StringComparison.Ordinal)));
        string[] own = [.. old.Items.Where(i => i.Name.Length > 0 && !kept.Contains(i.Text)).Select(i => i.Name).Distinct()];
        var name = new Regex($@"\b({string.Join('|', own)})\b");
        text.Append(old.MapCode(l => name.Replace(Shear(l), "$1" + Old)).ToText(i => i.Kind != ItemKind.Other && !kept.Contains(i.Text)));
        return text.ToString();

        string Shear(string line) => shared.Aggregate(line, (l, s) => l.Replace(s, ""));
    }

    private static IEnumerable<string> Statics(CProgram program) => program.Items.SelectMany(i => Static().Matches(i.Text)).Select(m => m.Value).Distinct();

    [GeneratedRegex(@"static (__thread )?uint32_t wf_own_\d+ = [^;]+;")]
    private static partial Regex Static();
}
