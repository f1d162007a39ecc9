// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Targets;

/// <summary>
/// The same search again and again, for one command. Of a tree it remembers who was there: a process that is made meanwhile and whose parent ends
/// (a daemon's double fork) hangs below another process from then on, and belongs to the tree all the same. It is known by what only its
/// ancestors in the tree have: the random bytes that the kernel gave to their program when it was started (AT_RANDOM, getauxval(3)), which a fork keeps.
/// </summary>
public sealed class ProcessSearch
{
    private readonly ProcessSelector _selector;

    /// <summary>Who was there at first, with the time of his birth: ids are given out again.</summary>
    private readonly Dictionary<int, ulong?> _first = [];
    private readonly HashSet<string> _families = [];
    private readonly HashSet<int> _members = [];

    public ProcessSearch(ProcessSelector selector)
    {
        _selector = selector;
        if (selector.Tree is not null)
        {
            foreach (int process in ProcessSelector.ReadParents().Keys)
            {
                _first[process] = new ProcFs(process).ReadStartTime();
            }
        }
    }

    /// <summary>Who fits now.</summary>
    public ImmutableArray<int> Find()
    {
        var found = _selector.Find();
        if (_selector.Tree is not { } root)
        {
            return found;
        }
        var parents = ProcessSelector.ReadParents();
        foreach (int member in parents.Keys.Where(id => ProcessSelector.IsBelow(id, root, parents)))
        {
            _members.Add(member);
            if (FamilyOf(member) is { } family)
            {
                _families.Add(family);
            }
        }
        var orphans = parents.Keys.Where(id => !_members.Contains(id) && IsNew(id) && IsRelative(id)).ToList();
        if (orphans.Count > 0 && parents.Keys.Any(id => !_members.Contains(id) && !IsNew(id) && IsRelative(id)))
        {
            // Somebody outside of the tree runs the same, who may have made them as well.
            orphans.Clear();
        }
        _members.UnionWith(orphans);
        return [.. found.Concat(_members.Where(id => parents.ContainsKey(id) && _selector.Fits(id))).Distinct().Order()];
    }

    private bool IsRelative(int process) => FamilyOf(process) is { } family && _families.Contains(family);

    private bool IsNew(int process) => !_first.TryGetValue(process, out var birth) || birth != new ProcFs(process).ReadStartTime();

    // Null: it has ended, or may not be looked at, and so may not be patched either.
    private static string? FamilyOf(int process)
    {
        const int AtRandom = 25, Length = 16;
        if (Read($"/proc/{process}/auxv") is not { } vector)
        {
            return null;
        }
        for (int at = 0; at + 16 <= vector.Length; at += 16)
        {
            if (BitConverter.ToUInt64(vector, at) == AtRandom)
            {
                return ReadAt(process, BitConverter.ToInt64(vector, at + 8), Length) is { } random
                    ? Convert.ToHexString(random) : null;
            }
        }
        return null;
    }

    private static byte[]? Read(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static byte[]? ReadAt(int process, long address, int length)
    {
        try
        {
            using var memory = File.OpenHandle($"/proc/{process}/mem");
            var bytes = new byte[length];
            return RandomAccess.Read(memory, bytes, address) == length ? bytes : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return null;
        }
    }
}
