// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Elf;

namespace Wfpatch.Core.Diffing.Debugging;

/// <summary>The entries of an object file's debug information: of its units, its type units, and of the file of split debug information that it names.</summary>
internal sealed class DebugEntries
{
    private const int MostSteps = 16;

    private readonly Dictionary<int, DebugEntry> _all = [];
    private readonly Dictionary<ulong, int> _typeUnits = [];
    private readonly DebugBudget _budget;
    private int _length;

    private DebugEntries(DebugBudget budget) => _budget = budget;

    public IEnumerable<DebugEntry> All => _all.Values;

    /// <summary>Why not all of it is known, in words that continue "its debug information"; null where all is.</summary>
    public string? Obstacle { get; private set; }

    /// <summary>False where the object has none.</summary>
    public bool Exist { get; private set; }

    public DebugBudget Budget => _budget;

    public static DebugEntries Of(ElfFile file)
    {
        var entries = new DebugEntries(new DebugBudget(DebugSections.SizeIn(file)));
        try
        {
            entries.Read(file);
        }
        catch (MalformedDebugException malformed)
        {
            entries._all.Clear();
            entries.Obstacle = malformed.Message;
        }
        return entries;
    }

    public DebugEntry? Find(int? offset) => offset is { } at ? _all.GetValueOrDefault(at) : null;

    /// <summary>An entry and what it completes, the entry first.</summary>
    public IEnumerable<DebugEntry> WithOrigins(DebugEntry entry)
    {
        for (int step = 0; step < MostSteps; step++)
        {
            yield return entry;
            if (Find(entry.Origin) is not { } next)
            {
                yield break;
            }
            entry = next;
        }
    }

    /// <param name="offset">In all sections of entries, one behind the other.</param>
    internal void Add(int offset, DebugEntry entry) => _all[offset] = entry;

    internal void AddTypeUnit(ulong signature, int type) => _typeUnits.TryAdd(signature, type);

    /// <returns>Where the entries of a section begin in the offsets of all.</returns>
    internal int Append(int length)
    {
        int start = _length;
        _length = start <= int.MaxValue - length ? start + length : throw new MalformedDebugException("is larger than 2 GiB");
        return start;
    }

    private void Read(ElfFile file)
    {
        var own = new DebugSections(file, "", _budget);
        Exist = own.Has(".debug_info");
        var units = DebugReader.ReadAll(own, own, this, null);
        foreach (var unit in units.Where(u => u.SplitName is not null))
        {
            // Clang's -gsplit-dwarf=single leaves it in the object.
            var splitFile = new DebugSections(file, DebugSections.SplitSuffix, _budget).Has(".debug_info") ? file : file.DebugFiles?.FindSplit(unit.SplitName!);
            if (splitFile is null)
            {
                Obstacle = $"names the file {unit.SplitName![(unit.SplitName!.LastIndexOf('/') + 1)..]}, which does not lie beside the object";
                continue;
            }
            var budget = splitFile == file ? _budget : new DebugBudget(DebugSections.SizeIn(splitFile));
            DebugReader.ReadAll(new DebugSections(splitFile, DebugSections.SplitSuffix, budget), own, this, unit);
        }
        foreach (var entry in _all.Values.Where(e => e.Type is null && e.Signature is not null))
        {
            entry.Type = _typeUnits.TryGetValue(entry.Signature!.Value, out int type) ? type : null;
        }
    }
}
