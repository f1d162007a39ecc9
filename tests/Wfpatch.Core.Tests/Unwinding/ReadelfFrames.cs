// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Unwinding;

namespace Wfpatch.Core.Tests.Unwinding;

/// <summary>What "readelf --debug-dump=frames-interp" finds in a file: the judge of our reader.</summary>
internal sealed class ReadelfFrames
{
    /// <summary>The ranges of the FDEs that are not empty, by address.</summary>
    public List<AddressRange> Functions { get; } = [];

    /// <summary>Rows: where each begins, and its cells by column name.</summary>
    public List<(Address At, Dictionary<string, string> Cells)> Rows { get; } = [];

    public static ReadelfFrames Of(string path)
    {
        var frames = new ReadelfFrames();
        string[] columns = [];
        var commons = new Dictionary<string, Dictionary<string, string>>();
        string? common = null;
        foreach (string line in Toolchain.Run("readelf", "--debug-dump=frames-interp,no-follow-links", path).Split('\n'))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 3 && words[3] == "CIE")
            {
                common = words[0];
            }
            else if (words.Length > 3 && words[3] == "FDE")
            {
                common = null;
                string[] ends = words.Single(w => w.StartsWith("pc=", StringComparison.Ordinal))[3..].Split("..");
                var range = new AddressRange(ParseAddress(ends[0]), ParseAddress(ends[1]));
                if (range.Length > 0)
                {
                    frames.Functions.Add(range);
                    // A function without instructions of its own has its common entry's row, which is not printed again.
                    frames.Rows.Add((range.Start, commons.GetValueOrDefault(words.Single(w => w.StartsWith("cie=", StringComparison.Ordinal))[4..], [])));
                }
            }
            else if (words.Length > 1 && words[0] == "LOC")
            {
                columns = words[1..];
            }
            else if (words.Length == columns.Length + 1 && words[0].Length == 16)
            {
                var cells = columns.Zip(words.Skip(1)).ToDictionary(c => c.First, c => c.Second);
                if (common is not null)
                {
                    commons[common] = cells;
                }
                else if (frames.Functions.Count > 0)
                {
                    frames.AddRow(ParseAddress(words[0]), cells);
                }
            }
        }
        frames.Functions.Sort((a, b) => a.Start.CompareTo(b.Start));
        return frames;
    }

    /// <summary>Our row in the words of readelf.</summary>
    public static string Cell(in FrameRow row, string column)
    {
        if (column == "CFA")
        {
            var rule = row.FrameAddress;
            return rule.Kind == FrameRuleKind.ValueExpression ? "exp" : NameOf((Register)rule.Register) + rule.Operand.ToString("+0;-0;+0", CultureInfo.InvariantCulture);
        }
        var found = Enum.GetValues<Register>().Where(r => NameOf(r) == column).ToList();
        if (found.Count == 0)
        {
            return "?";
        }
        var cell = row[found[0]];
        return cell.Kind switch
        {
            FrameRuleKind.Offset => "c" + cell.Operand.ToString("+0;-0;+0", CultureInfo.InvariantCulture),
            FrameRuleKind.ValueOffset => "v" + cell.Operand.ToString("+0;-0;+0", CultureInfo.InvariantCulture),
            FrameRuleKind.Expression => "exp",
            FrameRuleKind.ValueExpression => "vexp",
            FrameRuleKind.SameValue => "s",
            FrameRuleKind.Register => NameOf((Register)cell.Register),
            _ => "u",
        };
    }

    private void AddRow(Address at, Dictionary<string, string> cells)
    {
        // Of several rows for one address the last holds.
        if (Rows[^1].At == at)
        {
            Rows.RemoveAt(Rows.Count - 1);
        }
        Rows.Add((at, cells));
    }

    private static string NameOf(Register register) =>
        register == Register.Rip ? "ra" : register.ToString().ToLowerInvariant();

    private static Address ParseAddress(string text) => new(ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
}
