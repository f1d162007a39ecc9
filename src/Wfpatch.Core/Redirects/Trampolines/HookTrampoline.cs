// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Redirects.Trampolines;

/// <summary>
/// What the entry of a quiescence point (or of the start routine of threads) leads to: the thread that comes by stores the
/// newest generation in its own word and goes on.
/// <code>
///  +0   jmp       selector  EB rel8: to pass, or to a set
///  +2   pass      the old first instruction, jump to the second
/// +22   set 0     mov generation, word; jmp pass
/// +36   set 1
/// +50   set 2
/// +64   granted   if the grant is not 0: mov grant, word; jmp pass
/// +100  call      call *area; jmp pass
/// +122  view      jmp to what <see cref="ViewHook"/> has behind all this, where there is that
/// +128  area      the address of the code that calls a patch's callbacks (CallbackArea)
/// </code>
/// The granted block serves a transition that is open for canaries: it changes no flags and no register, and leaves the red zone
/// (psABI, 3.2.2) alone, since a hook may stand behind the first instructions of a function. The call block does the same.
/// A thread that was halted inside a set of an earlier transition stores, when it goes on, a generation that no bank asks for any more.
/// </summary>
public static class HookTrampoline
{
    public const int Length = Area + 8;

    /// <summary>One for each transition in turn, and a reversed one takes two. A thread may have been halted in a set when the
    /// transition of that set ended; it was seen elsewhere when the next transition has ended. So with three, none is in a set that is written.</summary>
    public const int SetCount = 3;

    /// <summary>To be selected: passers-by store what they were granted.</summary>
    public const int GrantedSet = SetCount;

    /// <summary>To be selected: one of the passers-by runs the callbacks that are asked for, and none migrates.</summary>
    public const int CallSet = SetCount + 1;

    /// <summary>To be selected where there is a <see cref="ViewHook"/>: passers-by go over to a view.</summary>
    public const int ViewSet = CallSet + 1;

    /// <summary>Where the moved instruction stands.</summary>
    public const int Pass = 2;
    private const int Set0 = Pass + PassBlock.Length;
    private const int SetLength = ThreadWord.InstructionLength + 2;
    /// <summary>Where what canaries pass begins.</summary>
    public const int Granted = Set0 + (SetCount * SetLength);
    private const int GrantedLength = 36;
    private const int Call = Granted + GrantedLength;
    private const int View = Call + 22;
    private const int Area = Call + 28;

    /// <summary>The whole trampoline, passing everything.</summary>
    /// <param name="callbacks">Where <see cref="CallbackArea"/> is, or will be when something is to be called.</param>
    public static CodeWrite Initial(RedirectPlan plan, Address callbacks = default)
    {
        var bytes = new byte[plan.TrampolineLength >= ViewHook.Length ? ViewHook.Length : Length];
        bytes.AsSpan().Fill(0xcc);
        if (bytes.Length > Length)
        {
            NearJump.Encode(plan.Trampoline + View, ViewHook.CodeAt(plan.Trampoline)).CopyTo(bytes, View);
            ViewHook.Put(bytes, plan.Trampoline);
        }
        bytes[0] = 0xeb;
        bytes[1] = 0;
        PassBlock.Encode(plan, plan.Trampoline + Pass).CopyTo(bytes, Pass);
        GrantedBlock.CopyTo(bytes.AsSpan(Granted));
        CallBlock.CopyTo(bytes.AsSpan(Call));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(Area), callbacks.Value);
        return new(plan.Trampoline, bytes);
    }

    private static ReadOnlySpan<byte> GrantedBlock =>
    [
        0x48, 0x8d, 0x64, 0x24, 0x80, // lea -128(%rsp), %rsp
        0x51, // push %rcx
        0x64, 0x8b, 0x0c, 0x25, ThreadWord.GrantOffset, 0, 0, 0, // mov grant, %ecx
        0x67, 0xe3, 0x08, // jecxz +8
        0x64, 0x89, 0x0c, 0x25, ThreadWord.Offset, 0, 0, 0, // mov %ecx, word
        0x59, // pop %rcx
        0x48, 0x8d, 0xa4, 0x24, 0x80, 0, 0, 0, // lea 128(%rsp), %rsp
        0xeb, unchecked((byte)(Pass - (Granted + GrantedLength))),
    ];

    private static ReadOnlySpan<byte> CallBlock =>
    [
        0x48, 0x8d, 0x64, 0x24, 0x80, // lea -128(%rsp), %rsp
        0xff, 0x15, Area - (Call + 11), 0, 0, 0, // call *area
        0x48, 0x8d, 0xa4, 0x24, 0x80, 0, 0, 0, // lea 128(%rsp), %rsp
        0xeb, unchecked((byte)(Pass - (Call + 21))),
    ];

    public static CodeWrite WriteSet(Address trampoline, int set, uint generation)
    {
        int at = Set0 + (set * SetLength);
        var bytes = new byte[SetLength];
        ThreadWord.StoreOpcode.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), generation);
        bytes[12] = 0xeb;
        bytes[13] = unchecked((byte)(Pass - (at + SetLength)));
        return new(trampoline + at, bytes);
    }

    /// <summary>The set that is used after another one.</summary>
    public static int SetAfter(int set) => (set + 1) % SetCount;

    public static int SetBefore(int set) => (set + SetCount - 1) % SetCount;

    /// <summary>The numbers of the sets, which are left over from earlier transitions.</summary>
    public static IEnumerable<AddressRange> Operands(Address trampoline) =>
        Enumerable.Range(0, SetCount).Select(set => AddressRange.OfLength(trampoline + Set0 + (set * SetLength) + 8, 4));

    /// <summary>Makes passers-by store what <paramref name="set"/> says, what they were granted (<see cref="GrantedSet"/>), or nothing (-1), or
    /// call (<see cref="CallSet"/>), or go over to a view (<see cref="ViewSet"/>). One byte.</summary>
    public static CodeWrite Select(Address trampoline, int set) => new(trampoline + 1, [(byte)(OffsetOf(set) - Pass)]);

    private static int OffsetOf(int set) => set switch
    {
        < 0 => Pass,
        CallSet => Call,
        ViewSet => View,
        _ => Set0 + (set * SetLength),
    };
}
