// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Redirects;

namespace Wfpatch.Core.Plans;

/// <summary>One copy of the state as bytes: sequence number, length, checksum, content. A copy that was torn by a kill in the
/// middle of its writing does not decode, and the other one counts.</summary>
public static class JournalEncoding
{
    /// <summary>Bytes before the content: sequence number, length, checksum.</summary>
    public const int HeadLength = 24;

    private const int MaximumItems = 100_000;

    public static byte[] Encode(TargetState state, ulong sequence)
    {
        using var content = new MemoryStream();
        using (var to = new BinaryWriter(content, Encoding.UTF8, leaveOpen: true))
        {
            WriteState(to, state);
        }
        var payload = content.ToArray();
        var bytes = new byte[HeadLength + payload.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), (ulong)payload.Length);
        payload.CopyTo(bytes, HeadLength);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), Checksum(sequence, payload));
        return bytes;
    }

    /// <summary>How many bytes a copy has, from its first 24 bytes; 0 where that cannot be.</summary>
    public static int LengthOf(ReadOnlySpan<byte> head)
    {
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(head[8..]);
        return length is 0 or > JournalLayout.CopyLength - HeadLength ? 0 : HeadLength + (int)length;
    }

    /// <summary>The sequence number that a copy begins with, whole or not; 0: nothing was ever written there.</summary>
    public static ulong SequenceOf(ReadOnlySpan<byte> head) => BinaryPrimitives.ReadUInt64LittleEndian(head);

    /// <summary>Whether the bytes are as they were written; one that is and does not decode was written by no wfpatch of this format.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= HeadLength && LengthOf(bytes) is > 0 and var length && length <= bytes.Length
        && BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]) == Checksum(SequenceOf(bytes), bytes[HeadLength..length]);

    /// <summary>Null where the bytes are no whole copy, or what they say breaks the rules of states.</summary>
    public static (TargetState State, ulong Sequence)? Decode(ReadOnlySpan<byte> bytes)
    {
        if (!IsWhole(bytes))
        {
            return null;
        }
        ulong sequence = SequenceOf(bytes);
        var payload = bytes[HeadLength..LengthOf(bytes)].ToArray();
        try
        {
            using var from = new BinaryReader(new MemoryStream(payload), Encoding.UTF8);
            var state = ReadRest(from, ReadState(from));
            return StateRules.IsConsistent(state) ? (state, sequence) : null;
        }
        catch (Exception e) when (e is IOException or ArgumentException or FormatException)
        {
            return null;
        }
    }

    // It only has to tell a torn copy from a whole one.
    private static ulong Checksum(ulong sequence, ReadOnlySpan<byte> payload) => Fnv1a.Compute(payload, Fnv1a.OffsetBasis ^ sequence);

    private static void WriteState(BinaryWriter to, TargetState state)
    {
        to.Write(state.Generation);
        to.Write(state.LastGeneration);
        WriteAll(to, state.Regions, r =>
        {
            Write(to, r.Range);
            to.Write(r.Used);
        });
        WriteAll(to, state.TrampolinePages, p => to.Write(p.Value));
        WriteAll(to, state.DataPages, p => Write(to, p));
        WriteAll(to, state.Images, i => WriteImage(to, i));
        WriteAll(to, state.Redirects, r =>
        {
            to.Write(r.Name);
            Write(to, r.Function);
            WritePlan(to, r.Plan);
            to.Write((sbyte)r.Slot);
            to.Write((byte)r.Bank);
        });
        WriteAll(to, state.Hooks, h =>
        {
            to.Write(h.Name);
            to.Write((byte)h.Kind);
            Write(to, h.Function);
            WritePlan(to, h.Plan);
            to.Write(h.IsArmed);
            to.Write((byte)h.Set);
        });
        WriteAll(to, state.Unwinders, u =>
        {
            to.Write(u.ObjectName);
            Write(to, u.Function);
            WritePlan(to, u.Plan);
        });
        WriteAll(to, state.Applied, a =>
        {
            to.Write(a.Generation);
            to.Write(a.Image);
            to.Write((byte)a.Consistency);
        });
        WriteAll(to, state.Waiting, w =>
        {
            to.Write(w.PatchId);
            to.Write(w.PatchName);
            to.Write(w.ObjectName);
        });
        WriteAll(to, state.Objects, o =>
        {
            to.Write(o.Name);
            Write(to, o.Range);
            to.Write(o.BuildId);
        });
        to.Write(state.Transition is not null);
        if (state.Transition is { } t)
        {
            to.Write((byte)t.Kind);
            to.Write((byte)t.Phase);
            to.Write(t.Generation);
            to.Write(t.ReversedTo);
            to.Write(t.Image);
            to.Write(t.Policy);
            to.Write(t.Canaries);
            to.Write((byte)t.Consistency);
            WriteAll(to, t.Others, i => to.Write(i));
            to.Write(t.Call);
        }
        WriteRest(to, state);
    }

    /// <summary>What format 5 has more than 4: so a state of format 4 is one that ends early.</summary>
    private static void WriteRest(BinaryWriter to, TargetState state)
    {
        WriteAll(to, state.Images, i => WriteAll(to, i.Requires, to.Write));
        to.Write(state.Transition is { Replaces: true });
        WriteAll(to, state.Frames, f =>
        {
            Write(to, f.Range);
            to.Write(f.Checksum);
        });
        WriteViews(to, state);
    }

    /// <summary>What format 6 has more than 5, where there is any of it.</summary>
    private static void WriteViews(BinaryWriter to, TargetState state)
    {
        if (!HasViews(state))
        {
            return;
        }
        to.Write((byte)state.Backend);
        to.Write(state.View);
        to.Write(state.Transition?.View ?? TransitionState.NoView);
        WriteAll(to, state.Entries, e =>
        {
            to.Write(e.Name);
            Write(to, e.Function);
            WriteBytes(to, e.Old);
        });
    }

    /// <summary>Whether the backend aspace has ever been used: who knows the format before alone must not touch such a state.</summary>
    public static bool HasViews(TargetState state) => state.Backend == BackendKind.AddressSpace || !state.Entries.IsEmpty;

    private static TargetState ReadViews(BinaryReader from, TargetState state)
    {
        if (from.BaseStream.Position == from.BaseStream.Length)
        {
            return state;
        }
        var read = state with { Backend = (BackendKind)from.ReadByte(), View = from.ReadInt32() };
        int opened = from.ReadInt32();
        read = read with { Entries = ReadAll(from, () => new EntryState(from.ReadString(), ReadRange(from), ReadBytes(from))) };
        return read.Transition is { } open ? read with { Transition = open with { View = opened } }
            : opened == TransitionState.NoView ? read
            : throw new FormatException("a view of a transition that is not there");
    }

    private static TargetState ReadRest(BinaryReader from, TargetState state)
    {
        if (from.BaseStream.Position == from.BaseStream.Length)
        {
            return state;
        }
        var requires = ReadAll(from, () => ReadAll(from, from.ReadString));
        bool replaces = from.ReadBoolean();
        var frames = ReadAll(from, () => new FramesState(ReadRange(from), from.ReadUInt64()));
        return requires.Length == state.Images.Length && (!replaces || state.Transition is not null)
            ? ReadViews(from, state with
            {
                Images = [.. state.Images.Zip(requires, (image, ids) => image with { Requires = ids })],
                Frames = frames,
                Transition = replaces ? state.Transition! with { Replaces = true } : state.Transition,
            })
            : throw new FormatException("needs of images that are not there");
    }

    private static TargetState ReadState(BinaryReader from) => new()
    {
        Generation = from.ReadUInt32(),
        LastGeneration = from.ReadUInt32(),
        Regions = ReadAll(from, () => new RegionState(ReadRange(from), from.ReadUInt64())),
        TrampolinePages = ReadAll(from, () => new Address(from.ReadUInt64())),
        DataPages = ReadAll(from, () => ReadRange(from)),
        Images = ReadAll(from, () => ReadImage(from)),
        Redirects = ReadAll(from, () => new RedirectState(from.ReadString(), ReadRange(from), ReadPlan(from), from.ReadSByte(), from.ReadByte())),
        Hooks = ReadAll(from, () => new HookState(
            from.ReadString(), (HookKind)from.ReadByte(), ReadRange(from), ReadPlan(from), from.ReadBoolean(), from.ReadByte())),
        Unwinders = ReadAll(from, () => new UnwinderState(from.ReadString(), ReadRange(from), ReadPlan(from))),
        Applied = ReadAll(from, () => new AppliedPatch(from.ReadUInt32(), from.ReadInt32()) { Consistency = (Consistency)from.ReadByte() }),
        Waiting = ReadAll(from, () => new WaitingPatch(from.ReadString(), from.ReadString(), from.ReadString())),
        Objects = ReadAll(from, () => new ObjectState(from.ReadString(), ReadRange(from), from.ReadString())),
        Transition = !from.ReadBoolean() ? null : new TransitionState(
            (TransitionKind)from.ReadByte(), (TransitionPhase)from.ReadByte(), from.ReadUInt32(), from.ReadUInt32(), from.ReadInt32(), from.ReadString())
        {
            Canaries = from.ReadInt32(),
            Consistency = (Consistency)from.ReadByte(),
            Others = ReadAll(from, from.ReadInt32),
            Call = from.ReadUInt32(),
        },
    };

    private static void WriteImage(BinaryWriter to, ImageState image)
    {
        to.Write(image.PatchId);
        to.Write(image.PatchName);
        to.Write(image.ObjectName);
        Write(to, image.Range);
        Write(to, image.UnwindTable);
        to.Write(image.Checksum);
        to.Write(image.FrameIndex.Value);
        Write(to, image.Data);
        WriteAll(to, image.Functions, f =>
        {
            to.Write(f.Name);
            to.Write(f.Entry.Value);
            Write(to, f.Old);
            Write(to, f.New);
        });
        WriteAll(to, image.OldParts, p => Write(to, p));
        WriteAll(to, image.Added, a =>
        {
            to.Write(a.Name);
            Write(to, a.Code);
        });
        to.Write(image.CallbackBlock.Value);
        WriteAll(to, image.Callbacks, c =>
        {
            to.Write((byte)c.Kind);
            to.Write(c.Function.Value);
        });
    }

    private static ImageState ReadImage(BinaryReader from)
    {
        var image = new ImageState(from.ReadString(), from.ReadString(), from.ReadString(), ReadRange(from), ReadRange(from), [], [])
        {
            Checksum = from.ReadUInt64(),
            FrameIndex = new Address(from.ReadUInt64()),
            Data = ReadRange(from),
        };
        return image with
        {
            Functions = ReadAll(from, () => new ReplacedFunction(from.ReadString(), new Address(from.ReadUInt64()), ReadRange(from), ReadRange(from))),
            OldParts = ReadAll(from, () => ReadRange(from)),
            Added = ReadAll(from, () => new NewFunction(from.ReadString(), ReadRange(from))),
            CallbackBlock = new Address(from.ReadUInt64()),
            Callbacks = ReadAll(from, () => new ImageCallback((CallbackKind)from.ReadByte(), new Address(from.ReadUInt64()))),
        };
    }

    private static void WritePlan(BinaryWriter to, RedirectPlan plan)
    {
        to.Write((byte)(plan.All.Count() - 1));
        foreach (var one in plan.All)
        {
            WriteOne(to, one);
        }
    }

    private static RedirectPlan ReadPlan(BinaryReader from)
    {
        RedirectPlan? evicted = null;
        for (int left = from.ReadByte(); left > 0; left--)
        {
            evicted = ReadOne(from) with { Evicted = evicted };
        }
        return ReadOne(from) with { Evicted = evicted };
    }

    private static void WriteOne(BinaryWriter to, RedirectPlan plan)
    {
        to.Write(plan.Entry.Value);
        to.Write(plan.Tactic);
        WriteBytes(to, plan.FirstInstruction);
        to.Write(plan.Write.Address.Value);
        WriteBytes(to, plan.Write.Old);
        WriteBytes(to, plan.Write.New);
        to.Write(plan.Jump.Value);
        to.Write(plan.Trampoline.Value);
        to.Write(plan.TrampolineLength);
    }

    private static RedirectPlan ReadOne(BinaryReader from) => new(
        new Address(from.ReadUInt64()), from.ReadString(), ReadBytes(from),
        new EntryWrite(new Address(from.ReadUInt64()), ReadBytes(from), ReadBytes(from)),
        new Address(from.ReadUInt64()), new Address(from.ReadUInt64()), from.ReadInt32());

    private static void WriteBytes(BinaryWriter to, ReadOnlyMemory<byte> bytes)
    {
        to.Write((byte)bytes.Length);
        to.Write(bytes.Span);
    }

    private static byte[] ReadBytes(BinaryReader from) => from.ReadBytes(from.ReadByte());

    private static void Write(BinaryWriter to, AddressRange range)
    {
        to.Write(range.Start.Value);
        to.Write(range.End.Value);
    }

    private static AddressRange ReadRange(BinaryReader from) => new(new Address(from.ReadUInt64()), new Address(from.ReadUInt64()));

    private static void WriteAll<T>(BinaryWriter to, ImmutableArray<T> items, Action<T> write)
    {
        to.Write(items.Length);
        foreach (var item in items)
        {
            write(item);
        }
    }

    private static ImmutableArray<T> ReadAll<T>(BinaryReader from, Func<T> read)
    {
        int count = from.ReadInt32();
        if (count is < 0 or > MaximumItems)
        {
            throw new FormatException("an impossible count");
        }
        var items = ImmutableArray.CreateBuilder<T>(Math.Min(count, 1024));
        for (int i = 0; i < count; i++)
        {
            items.Add(read());
        }
        return items.ToImmutable();
    }
}
