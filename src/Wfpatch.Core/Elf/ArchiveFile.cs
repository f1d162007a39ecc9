// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Elf;

/// <summary>A static archive (.a): its members by name, in the file's order. Every length is checked against the bytes. (ar(5); the long
/// names of System V, "//", are GNU ar's.)</summary>
public sealed record ArchiveFile(ImmutableArray<ArchiveMember> Members)
{
    private const int HeaderSize = 60;

    private static ReadOnlySpan<byte> Magic => "!<arch>\n"u8;

    private static ReadOnlySpan<byte> ThinMagic => "!<thin>\n"u8;

    public static bool IsArchive(ReadOnlySpan<byte> bytes) => bytes.StartsWith(Magic) || bytes.StartsWith(ThinMagic);

    /// <summary>Exactly one of the results is not null.</summary>
    public static (ArchiveFile? Archive, Refusal? Refusal) Parse(ReadOnlyMemory<byte> bytes, string name)
    {
        if (bytes.Span.StartsWith(ThinMagic))
        {
            return (null, FileRefusals.ThinArchive.About(name, $"{name} is a thin archive: it holds names of object files alone; name the folder that they lie in."));
        }
        if (!bytes.Span.StartsWith(Magic))
        {
            return (null, FileRefusals.MalformedArchive.About(name, $"{name} is no archive."));
        }
        var members = ImmutableArray.CreateBuilder<ArchiveMember>();
        var longNames = ReadOnlyMemory<byte>.Empty;
        // Members begin at even offsets.
        for (int at = Magic.Length; at < bytes.Length; at += at & 1)
        {
            if (ReadHeader(bytes.Span, at) is not var (field, size))
            {
                return (null, FileRefusals.MalformedArchive.About(name, $"{name} is damaged: the member at byte {at} is no member or ends behind the file."));
            }
            var content = bytes.Slice(at + HeaderSize, size);
            at += HeaderSize + size;
            if (field == "//")
            {
                longNames = content;
            }
            else if (field is not ("/" or "/SYM64/"))
            {
                if (NameOf(field, longNames.Span) is not { } member)
                {
                    return (null, FileRefusals.MalformedArchive.About(name, $"{name} is damaged: a member's long name is not there."));
                }
                members.Add(new ArchiveMember(member, content));
            }
        }
        return (new ArchiveFile(members.ToImmutable()), null);
    }

    private static (string Name, int Size)? ReadHeader(ReadOnlySpan<byte> bytes, int at)
    {
        if (bytes.Length - at < HeaderSize)
        {
            return null;
        }
        var header = bytes.Slice(at, HeaderSize);
        bool isNumber = int.TryParse(Encoding.ASCII.GetString(header.Slice(48, 10)).TrimEnd(), NumberStyles.None, CultureInfo.InvariantCulture, out int size);
        return isNumber && header[58..].SequenceEqual("`\n"u8) && size <= bytes.Length - at - HeaderSize
            ? (Encoding.UTF8.GetString(header[..16]).TrimEnd(), size)
            : null;
    }

    // "name/" is a short name, "/123" an offset into the long ones, each of which ends with "/" and a line end.
    private static string? NameOf(string field, ReadOnlySpan<byte> longNames)
    {
        if (!field.StartsWith('/'))
        {
            return field.EndsWith('/') ? field[..^1] : field;
        }
        if (!int.TryParse(field.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int offset) || offset >= longNames.Length)
        {
            return null;
        }
        var rest = longNames[offset..];
        int end = rest.IndexOf("/\n"u8);
        return end < 0 ? null : Encoding.UTF8.GetString(rest[..end]);
    }
}

/// <param name="Name">The file name that the member had.</param>
public sealed record ArchiveMember(string Name, ReadOnlyMemory<byte> Bytes);
