// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Text;

namespace Wfpatch.Build.Processes;

/// <summary>How a tool ended. <see cref="Output"/> is its standard output, cut after the first megabyte.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string? Missing)
{
    /// <summary>Where the tool's own part of the log begins, in bytes.</summary>
    public long LogStart { get; init; }

    public bool IsOk => ExitCode == 0 && Missing is null;
}

/// <summary>
/// Runs one tool with a clean environment, so that flags and languages of the user's shell do not reach a build. Output goes
/// to the log as it comes. Cancelling ends the tool and everything that it started.
/// </summary>
internal sealed class ToolRun(string? logFile, CancellationToken cancel)
{
    private const int LargestOutput = 1 << 20;

    /// <summary>Variables of the user that a build must not see but for these; a proxy is kept for downloads.</summary>
    private static readonly string[] KeptVariables = ["PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "http_proxy", "https_proxy", "no_proxy"];

    private readonly Dictionary<string, string> _environment = new() { ["LC_ALL"] = "C.UTF-8", ["DEBIAN_FRONTEND"] = "noninteractive" };

    public string? WorkingFolder { get; init; }

    public ToolRun With(string variable, string value)
    {
        _environment[variable] = value;
        return this;
    }

    /// <exception cref="OperationCanceledException">The build was cancelled; the tool has ended.</exception>
    public async Task<ToolResult> RunAsync(string tool, params string[] arguments)
    {
        cancel.ThrowIfCancellationRequested();
        using var process = new Process { StartInfo = StartInfo(tool, arguments) };
        var output = new StringBuilder();
        using var log = logFile is null ? null : new StreamWriter(logFile, append: true) { AutoFlush = true };
        var gate = new Lock();
        log?.WriteLine($"$ {tool} {string.Join(' ', arguments)}");
        long logStart = log?.BaseStream.Position ?? 0;
        void Take(string? line, bool isOutput)
        {
            lock (gate)
            {
                log?.WriteLine(line);
                if (isOutput && line is not null && output.Length < LargestOutput)
                {
                    output.AppendLine(line);
                }
            }
        }
        process.OutputDataReceived += (_, line) => Take(line.Data, isOutput: true);
        process.ErrorDataReceived += (_, line) => Take(line.Data, isOutput: false);
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return new ToolResult(127, "", tool);
        }
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }
        return new ToolResult(process.ExitCode, output.ToString(), null) { LogStart = logStart };
    }

    private ProcessStartInfo StartInfo(string tool, string[] arguments)
    {
        var info = new ProcessStartInfo(tool, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = WorkingFolder ?? "",
        };
        foreach (string name in info.Environment.Keys.Except(KeptVariables).ToList())
        {
            info.Environment.Remove(name);
        }
        foreach (var (name, value) in _environment)
        {
            info.Environment[name] = value;
        }
        return info;
    }
}
