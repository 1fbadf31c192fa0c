using NonLocal.Cli;
using NonLocal.Cli.Rendering;

return Application.Run(args, Terminal.OfProcess());
