// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing.Processes;

namespace Wfpatch.Testing.Targets;

/// <summary>
/// A running program of tests/targets: compiled once, started, ready. It dies when this is disposed, and with us, since its
/// standard input ends then.
/// </summary>
public sealed class TestTarget : IAsyncDisposable
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);

    private TestTarget(TargetSource source, string program, ChildProcess process, ImmutableArray<string> greeting)
    {
        Source = source;
        Program = program;
        Process = process;
        Greeting = greeting;
    }

    public TargetSource Source { get; }

    /// <summary>The path of the program that runs.</summary>
    public string Program { get; }

    public ChildProcess Process { get; }

    public int Id => Process.Id;

    /// <summary>The lines that it printed before `ready`.</summary>
    public ImmutableArray<string> Greeting { get; }

    public static Task<TestTarget> StartAsync(string name, TargetOptions? options = null, CancellationToken cancel = default) =>
        StartAsync(TargetSource.Find(name), options ?? TargetOptions.Default, cancel);

    public static async Task<TestTarget> StartAsync(TargetSource source, TargetOptions options, CancellationToken cancel = default)
    {
        string program = await source.ProgramAsync(options.Compile, cancel);
        ChildProcess process = ChildProcess.Start(
            options.Launcher is [var launcher, .. var more] ? new(launcher, [.. more, program, .. options.Arguments]) : new(program, options.Arguments));
        try
        {
            List<string> greeting = [];
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(options.StartLimit);
            for (; ; )
            {
                string? line = await process.ReadLineAsync(limit.Token);
                if (line is null)
                {
                    throw new InvalidOperationException($"{source.Name} ended before it was ready: {process.Errors}");
                }
                if (line == "ready")
                {
                    return new(source, program, process, [.. greeting]);
                }
                greeting.Add(line);
            }
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a command and gives the next line that the program prints.</summary>
    public Task<string> AskAsync(string command, CancellationToken cancel = default)
    {
        Process.WriteLine(command);
        return ReadLineAsync(cancel);
    }

    public void Send(string command) => Process.WriteLine(command);

    /// <summary>The next line that the program prints.</summary>
    /// <exception cref="InvalidOperationException">It has ended.</exception>
    /// <exception cref="OperationCanceledException">Nothing came for 30 seconds.</exception>
    public async Task<string> ReadLineAsync(CancellationToken cancel = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(AnswerLimit);
        return await Process.ReadLineAsync(limit.Token)
            ?? throw new InvalidOperationException($"{Source.Name} has ended ({await Process.WaitForExitAsync(limit.Token)}): {Process.Errors}");
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
