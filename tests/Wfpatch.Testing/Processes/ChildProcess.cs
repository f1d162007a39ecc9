// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;

namespace Wfpatch.Testing.Processes;

/// <summary>
/// A child with pipes for its standard streams. It may be traced by us or by others: only its end is ever waited for, never
/// a stop. Disposing kills it by its id and reaps it; the id is not given back before, so no other process is ever hit.
/// </summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private readonly LineReader _output;
    private readonly LineReader _errors;
    private readonly FileStream _input;
    private readonly Lock _lock = new();
    private readonly Lazy<Task<ExitStatus>> _end;
    private ExitStatus? _status;

    private ChildProcess(CommandLine command, int id, int input, int output, int errors)
    {
        Command = command;
        Id = id;
        _input = new(new SafeFileHandle(input, ownsHandle: true), FileAccess.Write, bufferSize: 0);
        _output = new(output, $"output of {id}");
        _errors = new(errors, $"errors of {id}");
        _end = new(() => Task.Factory.StartNew(WaitAndReap, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
    }

    public CommandLine Command { get; }

    /// <summary>The process id.</summary>
    public int Id { get; }

    /// <summary>All that it has written to its standard error so far.</summary>
    public string Errors => _errors.Text;

    /// <summary>True when it has ended, whether or not anybody has waited for it.</summary>
    public bool HasEnded
    {
        get
        {
            lock (_lock)
            {
                return _status is not null || NativeSpawn.HasEnded(Id);
            }
        }
    }

    /// <exception cref="System.ComponentModel.Win32Exception">There is no such program, or it cannot be started.</exception>
    public static ChildProcess Start(CommandLine command)
    {
        (int inputRead, int inputWrite) = NativeSpawn.Pipe();
        (int outputRead, int outputWrite) = NativeSpawn.Pipe();
        (int errorsRead, int errorsWrite) = NativeSpawn.Pipe();
        try
        {
            int id = SpawnThread.Run(() => NativeSpawn.Start(command, inputRead, outputWrite, errorsWrite));
            return new(command, id, inputWrite, outputRead, errorsRead);
        }
        catch
        {
            Close(inputWrite, outputRead, errorsRead);
            throw;
        }
        finally
        {
            Close(inputRead, outputWrite, errorsWrite);
        }
    }

    /// <summary>Runs a command to its end, with an empty standard input. Killed when cancelled.</summary>
    public static async Task<CommandResult> RunAsync(CommandLine command, CancellationToken cancel = default)
    {
        long start = Stopwatch.GetTimestamp();
        await using ChildProcess child = Start(command);
        child.CloseInput();
        ExitStatus status = await child.WaitForExitAsync(cancel);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        await Task.WhenAll(child._output.End, child._errors.End).WaitAsync(cancel);
        return new(command, status, child._output.Text, child._errors.Text, elapsed);
    }

    /// <summary>The next line of its standard output, or null when that has ended.</summary>
    public async Task<string?> ReadLineAsync(CancellationToken cancel = default)
    {
        try
        {
            return await _output.Lines.ReadAsync(cancel);
        }
        catch (ChannelClosedException)
        {
            return null;
        }
    }

    /// <summary>The next line of its standard error, or null when that has ended.</summary>
    public async Task<string?> ReadErrorLineAsync(CancellationToken cancel = default)
    {
        try
        {
            return await _errors.Lines.ReadAsync(cancel);
        }
        catch (ChannelClosedException)
        {
            return null;
        }
    }

    /// <summary>Writes one line to its standard input. Commands are short, so the pipe never fills.</summary>
    public void WriteLine(string line) => _input.Write(Encoding.UTF8.GetBytes(line + "\n"));

    public void CloseInput() => _input.Dispose();

    /// <summary>Sends a signal, unless it has ended already.</summary>
    public void Signal(int signal)
    {
        lock (_lock)
        {
            if (_status is null)
            {
                NativeSpawn.Signal(Id, signal);
            }
        }
    }

    public void Kill() => Signal(NativeSpawn.SigKill);

    /// <summary>Waits for its end and reaps it. A stop under ptrace is no end.</summary>
    public Task<ExitStatus> WaitForExitAsync(CancellationToken cancel = default) => _end.Value.WaitAsync(cancel);

    public async ValueTask DisposeAsync()
    {
        Kill();
        await WaitForExitAsync();
        await _input.DisposeAsync();
    }

    private ExitStatus WaitAndReap()
    {
        NativeSpawn.WaitUntilEnded(Id);
        lock (_lock)
        {
            _status = NativeSpawn.Reap(Id);
            return _status.Value;
        }
    }

    private static void Close(params ImmutableArray<int> descriptors)
    {
        foreach (int descriptor in descriptors)
        {
            using SafeFileHandle handle = new(descriptor, ownsHandle: true);
        }
    }
}
