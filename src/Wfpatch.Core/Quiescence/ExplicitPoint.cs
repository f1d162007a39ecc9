// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Refusals;
using Wfpatch.Core.Unwinding;

namespace Wfpatch.Core.Quiescence;

/// <summary>What a program announces at a point. The numbers are the types of its notes (include/wfpatch.h).</summary>
public enum ExplicitKind : uint
{
    Quiescence = 1,
    LocalQuiescence = 2,
    GlobalQuiescence = 3,
    ThreadBirth = 4,
    ThreadDeath = 5,
}

/// <summary>A quiescence point that a program announces itself: a nop in its code and an ELF note that tells where.</summary>
/// <param name="Name">What messages call it; no two points of a process have the same.</param>
/// <param name="At">The nop.</param>
/// <param name="Function">The function that it is in.</param>
public sealed record ExplicitPoint(ExplicitKind Kind, string Name, Address At, AddressRange Function)
{
    /// <summary>The policy that migrates threads at these points.</summary>
    public const string PolicyName = "explicit";

    public const string SectionName = ".note.wfpatch";
    public const int InstructionLength = 8;

    private const string Owner = "wfpatch";

    /// <summary>The nop's first bytes: nopl disp32(%rax,%rax,1).</summary>
    public static ReadOnlySpan<byte> InstructionStart => [0x0f, 0x1f, 0x84, 0x00];

    /// <summary>All points of an object, and what is wrong with the notes of it.</summary>
    public static (ImmutableArray<ExplicitPoint> Points, ImmutableArray<Refusal> Refusals) Read(ElfImage image, UnwindTable? table)
    {
        var points = ImmutableArray.CreateBuilder<ExplicitPoint>();
        var refusals = ImmutableArray.CreateBuilder<Refusal>();
        foreach (var note in image.Notes.Where(n => n.Owner == Owner).DistinctBy(n => n.Description))
        {
            var (point, why) = Read(note, image, table);
            if (point is not null)
            {
                points.Add(point);
            }
            else
            {
                refusals.Add(TransitionRefusals.BadExplicitPoint.About(image.Name, $"The note of a quiescence point of {image.Name} at {note.Description} {why}."));
            }
        }
        return ([.. points.DistinctBy(p => p.At)], refusals.ToImmutable());
    }

    private static (ExplicitPoint? Point, string Why) Read(ElfNote note, ElfImage image, UnwindTable? table)
    {
        if (!Enum.IsDefined((ExplicitKind)note.Type) || note.Bytes.Length < 5 || note.Bytes.Span[^1] != 0)
        {
            return (null, $"is of type {note.Type}, which is not known, or cut off");
        }
        var at = note.Description + BinaryPrimitives.ReadInt32LittleEndian(note.Bytes.Span);
        if (!image.IsExecutable(at) || at.Value % InstructionLength != 0)
        {
            return (null, $"leads to {at}, which is no aligned place in its code");
        }
        if (table is null || !table.TryFind(at, out var function))
        {
            return (null, $"leads to {at}, which lies in no function that its unwind table describes");
        }
        string name = Encoding.UTF8.GetString(note.Bytes.Span[4..^1]);
        var kind = (ExplicitKind)note.Type;
        return (new ExplicitPoint(kind, $"{(name.Length > 0 ? name : Word(kind))} ({image.Name}+0x{at - image.ToMemory(0):x})", at, function), "");
    }

    private static string Word(ExplicitKind kind) => kind switch
    {
        ExplicitKind.LocalQuiescence => "local quiescence",
        ExplicitKind.GlobalQuiescence => "global quiescence",
        ExplicitKind.ThreadBirth => "thread birth",
        ExplicitKind.ThreadDeath => "thread death",
        _ => "quiescence",
    };
}
