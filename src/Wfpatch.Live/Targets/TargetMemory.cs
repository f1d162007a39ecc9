// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Targets;

/// <summary>The memory of a live process. Reads need no stop; writes go through the memory file.</summary>
public sealed class TargetMemory : IMemory, IDisposable
{
    private readonly ILinux _linux;
    private readonly int _process;
    private int _descriptor = -1;
    private int _reader;
    private (string Code, string Stack)? _image;
    private bool _hasWritten;

    public TargetMemory(ILinux linux, int process)
    {
        _linux = linux;
        _process = process;
        _reader = process;
    }

    /// <summary>Whether the process has called exec since its memory was opened for writing: it runs another program, and what is written
    /// goes nowhere (proc(5): the file is bound to the memory that it was opened for).</summary>
    public bool IsReplaced => _descriptor >= 0 && (_linux.IsGone(_descriptor)
        ? !new ProcFs(_process).ReadMappings().IsEmpty
        : _image is not null && new ProcFs(_process).ReadImage() is { } now && now != _image); // the child of a vfork may keep the old memory

    public bool TryRead(Address address, Span<byte> destination) => destination.Length == 0 || Read(address, destination) == Errno.Success;

    /// <summary>An errno.</summary>
    public int Read(Address address, Span<byte> destination)
    {
        int error = _linux.Read(_reader, address, destination);
        return error == Errno.NoSuchProcess && FindOtherReader() ? _linux.Read(_reader, address, destination) : error;
    }

    /// <summary>Reads a 32 bit word at each address; <paramref name="absent"/> where there is none.</summary>
    public void ReadWords(ReadOnlySpan<Address> addresses, Span<uint> words, uint absent = 0)
    {
        Span<byte> one = stackalloc byte[1];
        if (addresses.Length > 0 && _linux.Read(_reader, addresses[0], one) == Errno.NoSuchProcess)
        {
            FindOtherReader();
        }
        _linux.ReadWords(_reader, addresses, words, absent);
    }

    public bool IsOpenForWriting => _descriptor >= 0;

    /// <summary>Opens the memory file: the kernel's check whether this process may be changed.</summary>
    public void OpenForWriting()
    {
        if (_descriptor < 0)
        {
            (_descriptor, int error) = _linux.OpenMemory(_process);
            if (error == Errno.NoSuchProcess && FindOtherReader())
            {
                (_descriptor, error) = _linux.OpenMemory(_reader);
            }
            _image = new ProcFs(_process).ReadImage();
            TargetAccessException.ThrowIf(error, $"opening the memory of process {_process}");
        }
    }

    public void Write(Address address, ReadOnlySpan<byte> bytes) => ThrowIf(TryWrite(address, bytes), address, bytes.Length);

    /// <summary>For a stopped thread: an errno and no exception.</summary>
    public int TryWrite(Address address, ReadOnlySpan<byte> bytes)
    {
        int error = _linux.Write(_descriptor, address, bytes);
        _hasWritten |= error == Errno.Success;
        return error;
    }

    /// <summary>For what TryWrite gave, when the thread runs on.</summary>
    public void ThrowIf(int error, Address address, int length)
    {
        if (error != Errno.Success)
        {
            throw new TargetAccessException($"writing {length} bytes at {address}", error) { IsFirstWrite = error == Errno.InputOutput && !_hasWritten };
        }
    }

    /// <exception cref="TargetAccessException">Also where the code that it changes is not there any more.</exception>
    public void Write(CodeWrite write)
    {
        const int Quadword = 8;
        // The last look before the write: a library may be unloaded at any moment.
        if (write.Redirect is { } redirect)
        {
            switch (redirect.LookIn(this, write.Bytes))
            {
                case EntryLook.Done:
                    return;
                case EntryLook.Gone:
                    throw TargetAccessException.OfChangedCode(redirect.Entry);
            }
        }
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
        TargetAccessException.ThrowIf(Read(start, whole), $"reading {start}");
        write.Bytes.CopyTo(whole[before..]);
        Write(start, whole);
    }

    // A thread that has ended shows no memory any more; the process may go on without it, also without its main thread.
    private bool FindOtherReader()
    {
        int other = new ProcFs(_process).ReadThreads().FirstOrDefault(t => t != _reader);
        _reader = other == 0 ? _reader : other;
        return other != 0;
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
