"""Where everything is put together: settings, containers and the main functions of each process."""
