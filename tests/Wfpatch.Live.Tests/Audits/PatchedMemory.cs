// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Plans;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Audits;

/// <summary>A patched process as somebody else may change it: through its memory file, knowing where everything lies.</summary>
public sealed class PatchedMemory : IDisposable
{
    private readonly Target _target;
    private readonly TargetJournal _journal;

    public PatchedMemory(int process)
    {
        _target = Target.Open(new NativeLinux(), process);
        _journal = TargetJournal.Find(process, _target.Mappings, _target.Memory, out _) ?? throw new InvalidOperationException($"process {process} was never patched");
        _target.Memory.OpenForWriting();
    }

    public TargetState State => _journal.State;

    public Address Journal => _journal.Region;

    /// <summary>The number of the copy of the state that counts.</summary>
    public ulong Sequence => _journal.Sequence;

    public IMemory Memory => _target.Memory;

    public byte this[Address at] => _target.Memory.Read(at, 1)![0];

    /// <summary>Changes a byte; the same again makes it what it was.</summary>
    public void Flip(Address at)
    {
        byte other = (byte)(this[at] ^ 0x40);
        _target.Memory.Write(at, [other]);
        Assert.Equal(other, this[at]);
    }

    /// <summary>Makes the header name another format.</summary>
    public void SetVersion(byte version) => _target.Memory.Write(Journal + JournalLayout.VersionOffset, [version]);

    /// <summary>Writes a whole copy of a state after the newest, in place of the older one; gives what was there.</summary>
    public byte[] WriteNext(TargetState state)
    {
        var at = JournalLayout.CopyAddress(Journal, (int)((Sequence + 1) % 2));
        var bytes = JournalEncoding.Encode(state, Sequence + 1);
        var before = _target.Memory.Read(at, bytes.Length)!;
        _target.Memory.Write(at, bytes);
        return before;
    }

    public void RestoreNext(byte[] before) => _target.Memory.Write(JournalLayout.CopyAddress(Journal, (int)((Sequence + 1) % 2)), before);

    public void Dispose() => _target.Dispose();
}
