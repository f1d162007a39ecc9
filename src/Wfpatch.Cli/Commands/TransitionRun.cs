// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Cli.Views;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Migrations;

namespace Wfpatch.Cli.Commands;

/// <summary>What apply and revert share: progress, Ctrl-C, and printing the report.</summary>
internal sealed class TransitionRun : IDisposable
{
    private readonly Output _output;
    private readonly CancellationTokenSource _cancel = new();
    private string _shown = "";

    public TransitionRun(Output output)
    {
        _output = output;
        // The first Ctrl-C ends the wait: the transition stays open and whole. A second one ends the program, which is as harmless.
        Console.CancelKeyPress += OnCancel;
    }

    public CancellationToken Cancel => _cancel.Token;

    public void ShowProgress(IReadOnlyCollection<ThreadRecord> threads)
    {
        string line = ProgressLine.Render(threads);
        if (_output.IsJson || line == _shown)
        {
            return;
        }
        _shown = line;
        Console.Error.Write(Output.IsTerminal ? $"\r\u001b[K{line}" : line + "\n");
    }

    public int Print(TransitionReport report)
    {
        if (_shown.Length > 0 && Output.IsTerminal)
        {
            Console.Error.WriteLine();
        }
        int code = ExitCode.Of(report.Outcome);
        bool says = report.Outcome is Outcome.Done or Outcome.Pending or Outcome.Canary;
        if (_output.IsJson || says)
        {
            _output.WriteResult(TransitionDocument.Of(report), DocumentContext.Readable.TransitionDocument, TransitionView.Render(report));
        }
        if (!says)
        {
            Output.WriteErrors(report.Message, report.Refusals);
            foreach (string line in _output.IsJson ? [] : TransitionView.AttemptLines(report))
            {
                Console.Error.WriteLine(line);
            }
        }
        return code;
    }

    public void Dispose()
    {
        Console.CancelKeyPress -= OnCancel;
        _cancel.Dispose();
    }

    private void OnCancel(object? sender, ConsoleCancelEventArgs e)
    {
        e.Cancel = !_cancel.IsCancellationRequested;
        _cancel.Cancel();
    }
}
