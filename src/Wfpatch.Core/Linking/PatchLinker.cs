// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Matching;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Linking;

/// <summary>
/// Links new code for one process: all addresses are known, so that what comes out are finished bytes for memory that the target
/// can read and execute, and never writes. Calls that do not reach go through stubs of our own, and what the compiler wants in a
/// table of addresses stands in slots of our own.
/// </summary>
public static class PatchLinker
{
    /// <summary>Above this, parts of one image could not reach each other, nor the program from anywhere near.</summary>
    private const long LargestImage = 256 << 20;

    /// <summary>The room that the new code takes; the same for every start.</summary>
    public static ImageSize Measure(ObjectPatch patch)
    {
        var layout = ImageLayout.Of(patch);
        return new ImageSize(layout.Size, layout.Alignment);
    }

    /// <summary>The functions and variables that the patch adds to its object under names that other objects may use, with their addresses
    /// where the image begins at <paramref name="start"/>. What replaces a function is none of them: all enter by the original.</summary>
    public static ImmutableDictionary<string, Address> FindAdded(ObjectPatch patch, Address start)
    {
        var layout = ImageLayout.Of(patch);
        var replacing = patch.Replacements.Select(r => r.NewSymbol).ToHashSet();
        return patch.Symbols.Index()
            .Where(s => s.Item is { IsDefinedByPatch: true, Unit: "", Name.Length: > 0, Kind: PatchSymbolKind.Function or PatchSymbolKind.Data } && !replacing.Contains(s.Index))
            .DistinctBy(s => s.Item.Name)
            .ToImmutableDictionary(s => s.Item.Name, s => start + layout.Sections[s.Item.Section] + (long)s.Item.Offset);
    }

    /// <param name="start">A multiple of the alignment that <see cref="Measure"/> gives; it may be further than 2 GiB from what is
    /// only called or is reached through a slot.</param>
    /// <param name="match">What the run-pre match says of the patch's symbols.</param>
    /// <param name="resolver">Is asked for the global symbols that the match does not have.</param>
    /// <param name="nextIndex">The frame index of the image that was added to the process before; zero: there is none.</param>
    /// <returns>The image, or null and all that is against it.</returns>
    /// <exception cref="ArgumentException"><paramref name="start"/> is not aligned.</exception>
    public static (LinkedImage? Image, ImmutableArray<Refusal> Refusals) Link(ObjectPatch patch, Address start, Match match, ISymbolResolver resolver, Address nextIndex = default)
    {
        var layout = ImageLayout.Of(patch);
        if (start.Value % (ulong)layout.Alignment != 0)
        {
            throw new ArgumentException($"{start} is no multiple of {layout.Alignment}.", nameof(start));
        }
        var refusals = NewCodeCheck.Check(patch, layout, start, LargestImage);
        if (refusals.Length > 0)
        {
            return (null, refusals);
        }
        var values = SymbolValues.Find(patch, layout, start, match, resolver);
        var (threadLocals, untold) = ThreadLocalValues.Find(patch, match, values, resolver);
        var bytes = Place(patch, layout);
        var writer = new FieldWriter(patch, layout, start, values, threadLocals, bytes);
        writer.WriteSlots();
        writer.WriteFields();
        refusals = [.. values.Refusals, .. values.Refusals.IsEmpty ? untold : []];
        if (refusals.IsEmpty)
        {
            refusals = new ThreadLocalWriter(patch, layout.ThreadLocals, start, threadLocals, resolver, bytes).Write();
        }
        refusals = [.. refusals, .. writer.Refusals, .. UnwindTableCheck.Check(bytes.AsSpan(), layout, patch)];
        if (refusals.Length > 0)
        {
            return (null, refusals);
        }
        var image = new LinkedImage(start, bytes.AsMemory(0, (int)layout.CodeSize), values.Defined, CodeRanges(patch, layout, start), default)
        {
            Data = layout.Size == layout.DataStart ? default : new AddressRange(start + layout.DataStart, start + layout.Size),
            DataBytes = bytes.AsMemory((int)layout.DataStart, (int)(layout.DataContentEnd - layout.DataStart)),
        };
        if (!layout.HasUnwindTable)
        {
            return (image, []);
        }
        var unwindTable = new AddressRange(start + layout.UnwindStart, start + layout.UnwindEnd + ImageLayout.TerminatorSize);
        return FrameIndex.TryWrite(bytes, layout, start, nextIndex)
            ? (image with { UnwindTable = unwindTable, FrameIndex = start + layout.FrameIndexStart }, [])
            : (null, [UnwindTableCheck.Damaged(patch, 0)]);
    }

    private static byte[] Place(ObjectPatch patch, ImageLayout layout)
    {
        const byte Int3 = 0xcc;
        var bytes = new byte[layout.DataContentEnd];
        bytes.AsSpan(0, (int)layout.CodeEnd).Fill(Int3);
        bytes.AsSpan((int)layout.StubsStart, (int)(layout.UnwindStart - layout.StubsStart)).Fill(Int3);
        for (int i = 0; i < patch.Sections.Length; i++)
        {
            if (!patch.Sections[i].Bytes.IsEmpty)
            {
                patch.Sections[i].Bytes.Span.CopyTo(bytes.AsSpan((int)layout.Sections[i]));
            }
        }
        return bytes;
    }

    private static ImmutableArray<AddressRange> CodeRanges(ObjectPatch patch, ImageLayout layout, Address start) =>
        [.. patch.Sections.Select((s, i) => (Section: s, At: layout.Sections[i])).Where(s => s.Section.Kind == PatchSectionKind.Code)
            .Select(s => AddressRange.OfLength(start + s.At, s.Section.Bytes.Length))];
}
