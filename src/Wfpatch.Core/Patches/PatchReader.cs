// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Elf;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Patches;

/// <summary>Reads patch files, hostile ones too: a refusal, never an exception, and memory in proportion to the file.</summary>
public static class PatchReader
{
    /// <summary>Exactly one of the results is not null. The patch keeps slices of <paramref name="bytes"/>, which must not change afterwards.</summary>
    /// <param name="fileName">How the refusals call the file.</param>
    public static (Patch? Patch, Refusal? Refusal) Decode(ReadOnlyMemory<byte> bytes, string fileName)
    {
        if (CheckContainer(bytes.Span, fileName) is { } refusal)
        {
            return (null, refusal);
        }
        var payload = bytes[PatchContainer.HeaderSize..];
        try
        {
            return (ReadPatch(payload, PatchContainer.VersionOf(bytes.Span)), null);
        }
        catch (MalformedPatchException malformed)
        {
            return (null, FileRefusals.MalformedPatch.About(fileName, $"{fileName} contradicts itself ({malformed.Message}); build the patch again."));
        }
    }

    private static Refusal? CheckContainer(ReadOnlySpan<byte> bytes, string fileName)
    {
        int known = Math.Min(bytes.Length, PatchContainer.Magic.Length);
        if (known == 0 || !bytes[..known].SequenceEqual(PatchContainer.Magic[..known]))
        {
            return FileRefusals.NotPatch.About(fileName, $"{fileName} is not a patch file; name one made by wfpatch build.");
        }
        if (bytes.Length < PatchContainer.HeaderSize)
        {
            return Truncated(fileName, (ulong)bytes.Length);
        }
        if (PatchContainer.VersionOf(bytes) is var version && version > PatchContainer.Version)
        {
            return FileRefusals.NewerPatch.About(fileName, $"{fileName} has format {version}, this wfpatch reads up to {PatchContainer.Version}; update wfpatch.");
        }
        if (PatchContainer.LengthOf(bytes) is var length && length > (ulong)bytes.Length)
        {
            return Truncated(fileName, (ulong)bytes.Length, length);
        }
        if (!PatchContainer.ChecksumFits(bytes))
        {
            return FileRefusals.CorruptedPatch.About(fileName, $"{fileName} is damaged: its checksum does not fit; copy or build it again.");
        }
        return length == (ulong)bytes.Length && version >= PatchContainer.OldestVersion && PatchContainer.FlagsOf(bytes) == 0
            ? null
            : FileRefusals.MalformedPatch.About(fileName, $"{fileName} has a header that contradicts itself; build the patch again.");
    }

    private static Refusal Truncated(string fileName, ulong present, ulong wanted = PatchContainer.HeaderSize) =>
        FileRefusals.TruncatedPatch.About(fileName, $"{fileName} ends after {present} of at least {wanted} bytes; copy or build it again.");

    private static Patch ReadPatch(ReadOnlyMemory<byte> payload, uint version)
    {
        var input = new PatchDecoding(payload);
        string name = input.Text();
        var consistency = version == PatchContainer.OldestVersion ? Consistency.Local : (Consistency)input.Byte();
        if (!Enum.IsDefined(consistency))
        {
            throw new MalformedPatchException("its consistency is unknown");
        }
        bool replaces = version > PatchContainer.PlainVersion && ReadFlag(input);
        var requires = version > PatchContainer.PlainVersion ? input.List(8, i => new RequiredPatch(i.Text(), i.Text())) : [];
        var objects = input.List(24, i => ReadObject(i, version));
        if (!input.IsAtEnd)
        {
            throw new MalformedPatchException("something follows the content");
        }
        return PatchRules.Check(objects).Concat(PatchRules.CheckOrder(replaces, requires)).FirstOrDefault() is { } problem
            ? throw new MalformedPatchException(problem)
            : new Patch(PatchContainer.IdOf(payload.Span), name, objects) { Consistency = consistency, Replaces = replaces, Requires = requires };
    }

    private static bool ReadFlag(PatchDecoding input) => input.Byte() switch
    {
        0 => false,
        1 => true,
        _ => throw new MalformedPatchException("a mark is neither yes nor no"),
    };

    private static ObjectPatch ReadObject(PatchDecoding input, uint version)
    {
        string name = input.Text();
        string buildId = input.Text();
        var patch = new ObjectPatch
        {
            ObjectName = name,
            BuildId = buildId.Length == 0 ? null : buildId,
            Symbols = input.List(30, ReadSymbol),
            OldFunctions = input.List(21, i => ReadOldFunction(i, version)),
            Sections = input.List(17, ReadSection),
            Replacements = input.List(8, i => new Replacement(i.Int32(), i.Int32())),
        };
        return version == PatchContainer.OldestVersion
            ? patch
            : patch with { Callbacks = input.List(5, i => new PatchCallback((CallbackKind)i.Byte(), i.Int32())), CallbackBlock = input.Int32() };
    }

    private static PatchSymbol ReadSymbol(PatchDecoding input) => new(
        input.Text(), input.Text(), (PatchSymbolKind)input.Byte(), input.Int32(), input.UInt64(), input.UInt64(),
        input.Byte() switch
        {
            0 => (ReadOnlyMemory<byte>?)null,
            1 => input.Blob(),
            _ => throw new MalformedPatchException("a symbol has an unknown mark"),
        });

    private static OldFunction ReadOldFunction(PatchDecoding input, uint version)
    {
        var function = new OldFunction(input.Text(), input.Text(), (OldFunctionRole)input.Byte(), input.Int32(), input.Blob(), input.List(20, ReadRelocation));
        return version > PatchContainer.WithoutCopies ? function with { Of = input.Int32() } : function;
    }

    private static PatchSection ReadSection(PatchDecoding input)
    {
        var section = new PatchSection(input.Text(), (PatchSectionKind)input.Byte(), input.UInt32(), input.Blob(), input.List(20, ReadRelocation));
        return section.Kind == PatchSectionKind.WritableData ? section with { ZeroBytes = input.UInt32() } : section;
    }

    private static PatchRelocation ReadRelocation(PatchDecoding input) => new(
        input.UInt32(), (RelocationType)input.UInt32(), input.Int32(), input.Int64());
}
