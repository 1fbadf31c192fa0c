namespace NonLocal.Cli;

/// <summary>What was asked for cannot be done as asked; the message is the one line that the user sees (exit code 2).</summary>
internal sealed class UsageException(string message) : Exception(message);
