// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Patches;

/// <summary>Writes patch files. The layout is described in docs/patch-format.md.</summary>
public static class PatchWriter
{
    /// <summary>Makes the patch and the bytes of its file. The same content gives the same bytes.</summary>
    /// <exception cref="ArgumentException">The content breaks a rule of the format: an error of the caller.</exception>
    /// <param name="requires">Empty or default: none.</param>
    public static (Patch Patch, byte[] Bytes) Encode(
        ImmutableArray<ObjectPatch> objects, string name, Consistency consistency = Consistency.Local, bool replaces = false, ImmutableArray<RequiredPatch> requires = default)
    {
        requires = requires.IsDefault ? [] : requires;
        string[] problems = [.. PatchRules.Check(objects), .. PatchRules.CheckOrder(replaces, requires)];
        if (problems.Length > 0)
        {
            throw new ArgumentException(string.Join("; ", problems), nameof(objects));
        }
        var output = new PatchEncoding();
        output.Text(name);
        output.Byte((byte)consistency);
        bool hasCopies = objects.Any(o => o.OldFunctions.Any(f => f.Of >= 0));
        bool isPlain = !replaces && requires.IsEmpty && !hasCopies;
        if (!isPlain)
        {
            output.Byte(replaces ? (byte)1 : (byte)0);
            output.List(requires, WriteRequired);
        }
        output.List(objects, (o, value) => WriteObject(o, value, hasCopies));
        byte[] payload = output.ToArray();
        var patch = new Patch(PatchContainer.IdOf(payload), name, objects) { Consistency = consistency, Replaces = replaces, Requires = requires };
        return (patch, PatchContainer.Wrap(payload, isPlain ? PatchContainer.PlainVersion : hasCopies ? PatchContainer.Version : PatchContainer.WithoutCopies));
    }

    private static void WriteRequired(PatchEncoding output, RequiredPatch value)
    {
        output.Text(value.Id);
        output.Text(value.Name);
    }

    private static void WriteObject(PatchEncoding output, ObjectPatch value, bool hasCopies)
    {
        output.Text(value.ObjectName);
        output.Text(value.BuildId ?? "");
        output.List(value.Symbols, WriteSymbol);
        output.List(value.OldFunctions, (o, function) => WriteOldFunction(o, function, hasCopies));
        output.List(value.Sections, WriteSection);
        output.List(value.Replacements, WriteReplacement);
        output.List(value.Callbacks, WriteCallback);
        output.Int32(value.CallbackBlock);
    }

    private static void WriteSymbol(PatchEncoding output, PatchSymbol value)
    {
        output.Text(value.Name);
        output.Text(value.Unit);
        output.Byte((byte)value.Kind);
        output.Int32(value.Section);
        output.UInt64(value.Offset);
        output.UInt64(value.Size);
        output.Byte(value.Content is null ? (byte)0 : (byte)1);
        if (value.Content is { } content)
        {
            output.Blob(content.Span);
        }
    }

    private static void WriteOldFunction(PatchEncoding output, OldFunction value, bool hasCopies)
    {
        output.Text(value.Name);
        output.Text(value.Unit);
        output.Byte((byte)value.Role);
        output.Int32(value.Symbol);
        output.Blob(value.Bytes.Span);
        output.List(value.Relocations, WriteRelocation);
        if (hasCopies)
        {
            output.Int32(value.Of);
        }
    }

    private static void WriteSection(PatchEncoding output, PatchSection value)
    {
        output.Text(value.Name);
        output.Byte((byte)value.Kind);
        output.UInt32(value.Alignment);
        output.Blob(value.Bytes.Span);
        output.List(value.Relocations, WriteRelocation);
        if (value.Kind == PatchSectionKind.WritableData)
        {
            output.UInt32(value.ZeroBytes);
        }
    }

    private static void WriteRelocation(PatchEncoding output, PatchRelocation value)
    {
        output.UInt32(value.Offset);
        output.UInt32((uint)value.Type);
        output.Int32(value.Symbol);
        output.Int64(value.Addend);
    }

    private static void WriteCallback(PatchEncoding output, PatchCallback value)
    {
        output.Byte((byte)value.Kind);
        output.Int32(value.Symbol);
    }

    private static void WriteReplacement(PatchEncoding output, Replacement value)
    {
        output.Int32(value.OldFunction);
        output.Int32(value.NewSymbol);
    }
}
