// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using System.CommandLine.Parsing;
using Wfpatch.Live.Targets;

namespace Wfpatch.Cli.Commands;

/// <summary>Which process a command is for, or which processes.</summary>
internal sealed class ProcessOptions
{
    private readonly Option<int> _pid = CommonOptions.Pid(required: false);
    private readonly Option<string?> _name = new("--name") { Description = "instead of --pid: all processes whose program, or who themselves, are called so", HelpName = "NAME" };
    private readonly Option<string?> _exe = new("--exe") { Description = "instead of --pid: all processes that run this file", HelpName = "FILE" };
    private readonly Option<string?> _cgroup = new("--cgroup") { Description = "instead of --pid: all processes in this control group and below it", HelpName = "PATH" };
    private readonly Option<int?> _tree = new("--tree") { Description = "instead of --pid: this process and its descendants", CustomParser = r => CommonOptions.ParsePid(r), HelpName = "PID" };

    public static ProcessOptions AddTo(Command command)
    {
        var options = new ProcessOptions();
        foreach (var option in (Option[])[options._pid, options._name, options._exe, options._cgroup, options._tree])
        {
            command.Add(option);
        }
        command.Validators.Add(result =>
        {
            bool hasPid = result.GetResult(options._pid) is not null;
            if (hasPid == options.IsSeveral(result))
            {
                result.AddError("say which process with --pid, or which ones with --name, --exe, --cgroup or --tree.");
            }
        });
        return options;
    }

    public bool IsSeveral(SymbolResult result) => ((Option[])[_name, _exe, _cgroup, _tree]).Any(o => result.GetResult(o) is not null);

    public int GetPid(ParseResult result) => result.GetValue(_pid);

    /// <summary>Null where one process is named.</summary>
    public ProcessSelector? GetSelector(ParseResult result) => result.GetResult(_pid) is not null
        ? null
        : new ProcessSelector(result.GetValue(_name), result.GetValue(_exe) is { } file ? Path.GetFullPath(file) : null, result.GetValue(_cgroup), result.GetValue(_tree));
}
