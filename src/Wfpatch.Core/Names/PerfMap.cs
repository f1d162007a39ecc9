// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Names;

/// <summary>The lines by which perf names code that no file holds: start and size in hexadecimal, name (tools/perf/Documentation/jit-interface.txt of Linux).</summary>
public static class PerfMap
{
    public static string Render(ImmutableArray<NamedCode> names)
    {
        var text = new StringBuilder();
        foreach (var code in names)
        {
            text.Append(CultureInfo.InvariantCulture, $"{code.Range.Start.Value:x} {code.Range.Length:x} {OneLine(code.Name)}\n");
        }
        return text.ToString();
    }

    /// <summary>Whether every line is about memory of ours, so that the map is one that we wrote.</summary>
    public static bool IsOurs(string map, Func<Address, bool> isOurs) =>
        map.Split('\n', StringSplitOptions.RemoveEmptyEntries).All(line =>
            ulong.TryParse(line.Split(' ')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong start) && isOurs(new Address(start)));

    private static string OneLine(string name) => string.Concat(name.Select(c => char.IsControl(c) ? '?' : c));
}
