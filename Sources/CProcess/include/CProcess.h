int lockedh5_process_placeholder(void);
