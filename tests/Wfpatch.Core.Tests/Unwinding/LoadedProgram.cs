// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Unwinding;

namespace Wfpatch.Core.Tests.Unwinding;

/// <summary>The objects that a recorded program had loaded, read back from their files and laid out as /proc/PID/maps says.</summary>
internal sealed class LoadedProgram
{
    private LoadedProgram(SegmentedMemory code, List<UnwindTable> tables)
    {
        Code = code;
        Tables = tables;
        Unwinder = new Unwinder(tables);
    }

    /// <summary>What the files put in memory; data is as it was before the program ran.</summary>
    public SegmentedMemory Code { get; }

    public List<UnwindTable> Tables { get; }

    public Unwinder Unwinder { get; }

    public static LoadedProgram FromMaps(string maps, Address vdso, ReadOnlyMemory<byte> vdsoBytes)
    {
        var blocks = new List<(Address, ReadOnlyMemory<byte>)> { (vdso, vdsoBytes) };
        var headers = new List<(Address At, string Name)> { (vdso, "[vdso]") };
        var files = new Dictionary<string, byte[]>();
        foreach (string line in maps.Split('\n'))
        {
            string[] words = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 6 || words[5][0] != '/')
            {
                continue;
            }
            ulong[] ends = [.. words[0].Split('-').Select(ParseHex)];
            int offset = (int)ParseHex(words[2]);
            if (!files.TryGetValue(words[5], out byte[]? file))
            {
                file = files[words[5]] = File.ReadAllBytes(words[5]);
            }
            if (offset == 0)
            {
                headers.Add((new Address(ends[0]), words[5]));
            }
            blocks.Add((new Address(ends[0]), file.AsMemory(offset, (int)Math.Min(ends[1] - ends[0], (ulong)(file.Length - offset)))));
        }
        var memory = new SegmentedMemory(blocks);
        return new LoadedProgram(memory, [.. headers.Select(h => ReadTable(memory, h.At, h.Name)).OfType<UnwindTable>()]);
    }

    // Locale files are mapped too, and are no objects.
    private static UnwindTable? ReadTable(SegmentedMemory memory, Address header, string name)
    {
        var (image, _) = ElfImage.Read(memory, header, Path.GetFileName(name));
        if (image is null)
        {
            return null;
        }
        var (table, refusal) = UnwindTable.Read(image, memory);
        return table ?? throw new InvalidDataException(refusal!.ToString());
    }

    private static ulong ParseHex(string text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
