using System.CommandLine;
using System.CommandLine.Parsing;

namespace NonLocal.Cli;

/// <summary>What is wrong with a command line, in one sentence with the nearest name that exists.</summary>
internal static class UsageProblem
{
    /// <summary>The first problem, or null.</summary>
    public static string? Find(ParseResult parsed, string[] arguments)
    {
        Command command = parsed.CommandResult.Command;
        string place = string.Join(' ', Ancestry(command).Reverse().Select(each => each.Name));
        if (UnknownOption(parsed, arguments) is { } option)
        {
            string[] known = [.. Options(command)];
            return $"{place} has no option '{option}'.{NearestName.Hint(option, known)}";
        }

        if (command is not VerbCommand)
        {
            string[] verbs = [.. command.Subcommands.Select(verb => verb.Name)];
            string? unknown = parsed.UnmatchedTokens.Count > 0 ? parsed.UnmatchedTokens[0] : null;
            return unknown is null
                ? $"{place} needs one of: {string.Join(", ", verbs)}. See {place} --help."
                : $"{place} has no verb '{unknown}'.{NearestName.Hint(unknown, verbs)}";
        }

        if (parsed.UnmatchedTokens.Count > 0)
        {
            return $"{place} does not know what to do with '{parsed.UnmatchedTokens[0]}'. See {place} --help.";
        }

        return parsed.Errors.Count > 0 ? $"{parsed.Errors[0].Message} See {place} --help." : null;
    }

    private static IEnumerable<Command> Ancestry(Command command)
    {
        Command? each = command;
        while (each is not null)
        {
            yield return each;
            each = each.Parents.OfType<Command>().FirstOrDefault();
        }
    }

    // The parser takes an unknown --name as a file name where one is expected, so the words are looked at once more.
    private static string? UnknownOption(ParseResult parsed, string[] arguments)
    {
        HashSet<string> known = [.. Options(parsed.CommandResult.Command)];
        foreach (string word in arguments.TakeWhile(word => word != "--"))
        {
            string name = word.Split('=', ':')[0];
            if (name.Length > 1 && name[0] == '-' && (name[1] == '-' || char.IsLetter(name[1])) && !known.Contains(name))
            {
                return name;
            }
        }

        return null;
    }

    private static IEnumerable<string> Options(Command command) =>
        from ancestor in Ancestry(command)
        from option in ancestor.Options
        where ReferenceEquals(ancestor, command) || option.Recursive
        from name in option.Aliases.Append(option.Name)
        select name;
}
