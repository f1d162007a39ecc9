// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build.Trees;

/// <summary>The ELF files of two build trees, by their paths within the tree.</summary>
internal sealed class TreePair
{
    private readonly Dictionary<string, ElfFile> _old;
    private readonly Dictionary<string, ElfFile> _new;

    private TreePair(Dictionary<string, ElfFile> old, Dictionary<string, ElfFile> @new)
    {
        _old = old;
        _new = @new;
        OldObjects = Objects(old);
        NewObjects = Objects(@new);
        Outputs = [.. old.Where(f => LinkedProgram.IsUsable(f.Value)).Select(f => (f.Key, f.Value)).OrderBy(f => f.Key, StringComparer.Ordinal)];
    }

    public ImmutableSortedSet<string> OldObjects { get; }

    public ImmutableSortedSet<string> NewObjects { get; }

    /// <summary>Linked programs and libraries of the old tree that still have their symbols.</summary>
    public IReadOnlyList<(string Path, ElfFile File)> Outputs { get; }

    /// <summary>False where both trees hold the same objects.</summary>
    public bool HasChangedObjects => !OldObjects.SetEquals(NewObjects) || OldObjects.Any(IsChanged);

    public ElfFile OldFile(string path) => _old[path];

    public ElfFile NewFile(string path) => _new[path];

    public bool IsChanged(string path) => !_new.TryGetValue(path, out var file) || !ReferenceEquals(file, _old[path]);

    /// <summary>Exactly one of the results is not null.</summary>
    public static (TreePair? Trees, Refusal? Refusal) Read(string oldTree, string newTree)
    {
        foreach (string tree in new[] { oldTree, newTree })
        {
            if (!Directory.Exists(tree))
            {
                return (null, BuildRefusals.CannotRead.About(tree, $"The folder {tree} does not exist."));
            }
        }
        var (old, @new, refusal) = ElfTree.ReadBoth(oldTree, newTree);
        if (old is null || @new is null)
        {
            return (null, refusal);
        }
        var pair = new TreePair(old, @new);
        string? empty = pair.OldObjects.IsEmpty ? oldTree : pair.NewObjects.IsEmpty ? newTree : null;
        return empty is null
            ? (pair, null)
            : (null, BuildRefusals.NoObjects.About(empty, $"{empty} holds no object files (.o); build it first."));
    }

    /// <summary>The chosen objects of both sides as pairs; an object that both sides have with the same bytes is one file.</summary>
    public (ImmutableArray<UnitPair> Units, ImmutableArray<Refusal> Refusals) Pair(IEnumerable<string> old, IEnumerable<string> @new)
    {
        var oldPaths = old.ToHashSet();
        var newPaths = @new.ToHashSet();
        var units = oldPaths.Union(newPaths).Order(StringComparer.Ordinal).Select(path => new UnitPair(
            path, oldPaths.Contains(path) ? _old[path] : null, newPaths.Contains(path) ? _new.GetValueOrDefault(path) : null));
        return ([.. units], []);
    }

    private static ImmutableSortedSet<string> Objects(Dictionary<string, ElfFile> files) =>
        files.Where(f => f.Value.IsRelocatable).Select(f => f.Key).ToImmutableSortedSet(StringComparer.Ordinal);
}
