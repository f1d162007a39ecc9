// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Targets;

/// <summary>The memory of a live process. Reads need no stop; writes go through the memory file.</summary>
public sealed class TargetMemory : IMemory, IDisposable
{
    private readonly ILinux _linux;
    private readonly int _process;
    private int _descriptor = -1;

    public TargetMemory(ILinux linux, int process)
    {
        _linux = linux;
        _process = process;
    }

    public bool TryRead(Address address, Span<byte> destination) =>
        destination.Length == 0 || _linux.Read(_process, address, destination) == Errno.Success;

    /// <summary>Reads a 32 bit word at each address; 0 where there is none.</summary>
    public void ReadWords(ReadOnlySpan<Address> addresses, Span<uint> words) => _linux.ReadWords(_process, addresses, words, absent: 0);

    public bool IsOpenForWriting => _descriptor >= 0;

    /// <summary>Opens the memory file: the kernel's check whether this process may be changed.</summary>
    public void OpenForWriting()
    {
        if (_descriptor < 0)
        {
            (_descriptor, int error) = _linux.OpenMemory(_process);
            TargetAccessException.ThrowIf(error, $"opening the memory of process {_process}");
        }
    }

    public void Write(Address address, ReadOnlySpan<byte> bytes) =>
        TargetAccessException.ThrowIf(TryWrite(address, bytes), $"writing {bytes.Length} bytes at {address}");

    /// <summary>For a stopped thread: an errno and no exception.</summary>
    public int TryWrite(Address address, ReadOnlySpan<byte> bytes) => _linux.Write(_descriptor, address, bytes);

    public void Write(CodeWrite write)
    {
        const int Quadword = 8;
        if (write.Bytes.Length == 1 || write.Address.Value % Quadword == 0 && write.Bytes.Length == Quadword)
        {
            Write(write.Address, write.Bytes);
            return;
        }
        var start = new Address(write.Address.Value & ~(ulong)(Quadword - 1));
        int before = (int)(write.Address - start);
        if (before + write.Bytes.Length > Quadword)
        {
            Write(write.Address, write.Bytes);
            return;
        }
        // Several bytes of one instruction: completed to the aligned quadword, which is stored at once.
        Span<byte> whole = stackalloc byte[Quadword];
        TargetAccessException.ThrowIf(_linux.Read(_process, start, whole), $"reading {start}");
        write.Bytes.CopyTo(whole[before..]);
        Write(start, whole);
    }

    public void Dispose()
    {
        if (_descriptor >= 0)
        {
            _linux.CloseMemory(_descriptor);
            _descriptor = -1;
        }
    }
}
